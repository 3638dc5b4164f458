#!/bin/sh
# HAProxy must answer, and an API server through it.
curl -o /dev/null -Lfs http://localhost:50936/haproxy_ready && curl -o /dev/null -kLfs https://localhost:@PORT@/readyz
