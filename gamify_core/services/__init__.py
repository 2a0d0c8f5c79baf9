"""What hangs off the engine, one resource a file. Services validate, say what to do, and read; they decide nothing."""
