"""What schemathesis is told about requests before it sends them."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers
    # It takes `X-Correlation-Id` for the id of a user, which is a number, and then fails to send the number as a header.
    for name, value in list(headers.items()):
        if not isinstance(value, (str, bytes)):
            headers[name] = str(value)
    # A request that gives itself a few milliseconds may be answered with 503 or 504, and the server is none the worse for
    # it. Such a request is sent without the header; all other values of it are sent. A change makes schemathesis look at
    # the request anew, and forget of one that lacks `Authorization` on purpose what it is for.
    lacks_something = getattr(case.meta.phase.data, "scenario", None) == "missing_parameter"
    timeout = headers.get("X-Request-Timeout-Ms", "")
    if not lacks_something and timeout.isascii() and timeout.isdecimal() and 1 <= int(timeout) < 1000:
        del headers["X-Request-Timeout-Ms"]
