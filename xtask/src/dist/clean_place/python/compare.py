"""Compares the first photo with each of the others, through nothing but the installed package."""

import sys

import facebridge

with facebridge.Client.local() as client:
    first, *others = sys.argv[1:]
    for other in others:
        found = client.compare(first, other)
        decision = "match" if found.decision == facebridge.Decision.MATCH else "no_match"
        print(f"{decision} {found.score:.6f}")
