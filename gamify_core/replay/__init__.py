"""Deciding a recorded history again: by the catalogs that were in force, or by another one.

It stands above the engine, whose own calls it repeats; there is no second implementation of any rule.
"""
