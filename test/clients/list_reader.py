"""Fetches a list as any HTTPS client would, with the standard library alone: no code of ours, no header that it does not set by itself but those named below."""
import base64
import gzip
import json
import os
import ssl
import urllib.error
import urllib.request

context = ssl.create_default_context(cafile=os.environ["CA_FILE"])
request = urllib.request.Request(os.environ["URL"], method=os.environ.get("METHOD", "GET"))
if "USER" in os.environ:
    pair = f"{os.environ['USER']}:{os.environ['PASSWORD']}".encode()
    request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
for variable, header in (("KNOWN", "If-None-Match"), ("ENCODING", "Accept-Encoding")):
    if variable in os.environ:
        request.add_header(header, os.environ[variable])
try:
    answer = urllib.request.urlopen(request, context=context, timeout=30)
except urllib.error.HTTPError as error:
    # 304 and all refusals come this way.
    answer = error
body = answer.read()
encoding = answer.headers.get("Content-Encoding")
text = gzip.decompress(body) if encoding == "gzip" else body
print(
    json.dumps(
        {
            "status": answer.status,
            "etag": answer.headers.get("ETag"),
            "encoding": encoding,
            "type": answer.headers.get("Content-Type"),
            "asks": answer.headers.get("WWW-Authenticate"),
            "bytes": len(body),
            "body": text.decode(),
        }
    )
)
