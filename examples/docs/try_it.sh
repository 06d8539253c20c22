# [try-it]
scripts/demo   # an exchange with an echo server, each step explained; or: scripts/demo URL
scripts/test   # builds everything and runs the tests; those against real servers: scripts/interop
# [try-it]
