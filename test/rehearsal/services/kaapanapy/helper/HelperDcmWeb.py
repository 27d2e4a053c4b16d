"""Stand-in for the package of the same name: a session that is logged in at the dicom-web-filter."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    def __init__(self, response):
        super().__init__(response.status_code)
        self.response = response


class Answer:
    def __init__(self, status_code, text):
        self.status_code = status_code
        self.text = text

    def json(self):
        return json.loads(self.text)

    def raise_for_status(self):
        if self.status_code >= 400:
            raise Refused(self)


class Session:
    def __init__(self, token):
        self.token = token

    def request(self, method, url, params=None, timeout=None):
        # As the name service of the cluster would: all services answer at one port here.
        address = urllib.parse.urlsplit(url)
        query = urllib.parse.urlencode(params or {})
        asked = urllib.request.Request(
            f"http://127.0.0.1:{os.environ['REHEARSAL_PORT']}/{address.hostname.split('.')[0]}{address.path}?{query}",
            method=method,
            headers={"x-forwarded-access-token": self.token},
        )
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())

    def get(self, url, **options):
        return self.request("GET", url, **options)


class HelperDcmWeb:
    def __init__(self):
        self.dcmweb_rs_endpoint = "http://dicom-web-filter-service.services.svc:8080"
        with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['REHEARSAL_PORT']}/login") as answer:
            self.session = Session(answer.read().decode())
