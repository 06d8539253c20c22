# [try-it]
scripts/demo   # an exchange with an echo server, each step explained; or: scripts/demo URL
scripts/test   # builds everything and runs the whole test suite
# [try-it]
