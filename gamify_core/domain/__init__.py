"""The mechanics as pure functions over plain values: no store, no clock, no input or output."""
