"""The headers that may be in a message only once."""

from __future__ import annotations

# docs/ses-behavior.md#single-headers
_NAMES = """
    Accept-Language acceptLanguage Archived-At Auto-Submitted Bounces-to Comments Content-Alternative
    Content-Base Content-Class Content-Description Content-Disposition Content-Duration Content-ID Content-Language
    Content-Length Content-Location Content-MD5 Content-Transfer-Encoding Content-Type Date Delivered-To
    Disposition-Notification-Options Disposition-Notification-To DKIM-Signature DomainKey-Signature Errors-To From
    Importance In-Reply-To Keywords List-Archive List-Help List-Id List-Owner List-Post List-Subscribe
    List-Unsubscribe List-Unsubscribe-Post Message-Context Message-ID MIME-Version Organization Original-From
    Original-Message-ID Original-Recipient Original-Subject Precedence Priority References Reply-To Return-Path
    Return-Receipt-To Sender Solicitation Sensitivity Subject Thread-Index Thread-Topic User-Agent VBR-Info
"""
# By the name in lower case, as AWS documents the name.
SES_SINGLE_HEADERS = {name.lower(): name for name in _NAMES.split()}
# With those that RFC 5322 section 3.6 allows once: programs differ in which of several they read.
SINGLE_HEADERS = SES_SINGLE_HEADERS | {"to": "To", "cc": "Cc", "bcc": "Bcc"}
