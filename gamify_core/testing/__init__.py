"""What an application, or the author of a store, tests with.

Importing this package loads neither pytest nor Hypothesis: `contract` and `machine` do, so import them by
name from test code only.
"""
