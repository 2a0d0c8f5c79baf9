"""The one write path, and the mechanics that commands share on it.

Services validate what a caller passes and say what to do; everything that two of them need (moving points, metrics,
rungs, badges, streaks, the cascade) lives here, over rows of one unit of work. Nothing here opens a store.
"""
