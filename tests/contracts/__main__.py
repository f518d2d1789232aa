"""`make contracts`: agree to what was added to the contract. Refuses what breaks it."""

import sys

from tests.contracts.snapshots import broken, renew

complaints = list(broken())
if complaints:
    print("This breaks what others rely on; say it as a new version beside the old one:", file=sys.stderr)
    print(*(f"  {one}" for one in complaints), sep="\n", file=sys.stderr)
    print("(Before anybody relies on it: delete the old snapshot first.)", file=sys.stderr)
    sys.exit(1)
renew()
