"""The laboratory of the black-box tests: a scripted origin, a strict client and a launcher for the program.

Standard library only. Nothing here sleeps for luck: what has to wait, waits for an event, for bytes, for a log line or until something
holds, with a time limit that only a defect reaches.
"""
