"""The laboratory of the black-box tests: a scripted origin, a strict client and a launcher for the program.

Standard library only. Nothing here sleeps: what has to wait, waits for an event or for bytes, with a time limit.
"""
