"""SPF and DMARC records in the style of well-known domains, with their verdicts.

The SPF records of amazon.com and google.com and the DMARC records of google.com, gmail.com and paypal.com are quoted
from public documents. The others show the usual form of these domains, and some included records are shortened.
"""

from __future__ import annotations

import asyncio

import pytest

from sescli.dns.answers import FOUND, NXDOMAIN, DnsAnswer
from sescli.dns.dmarc_checks import judge_dmarc
from sescli.dns.sources import DnsServer
from sescli.dns.spf import evaluate_spf, judge_spf

SERVER = DnsServer("test", "127.0.0.1")
SES_RECORD = (
    "v=spf1 ip4:199.255.192.0/22 ip4:199.127.232.0/22 ip4:54.240.0.0/18 ip4:69.169.224.0/20 "
    "ip4:23.249.208.0/20 ip4:23.251.224.0/19 ip4:76.223.176.0/20 ip4:54.240.64.0/18 ip4:76.223.128.0/19 "
    "ip4:216.221.160.0/19 ip4:206.55.144.0/20 -all"
)
# The records of mailbox providers and senders that others include.
INCLUDED = {
    "amazonses.com": SES_RECORD,
    "_spf.google.com": "v=spf1 include:_netblocks.google.com include:_netblocks2.google.com "
    "include:_netblocks3.google.com ~all",
    "_netblocks.google.com": "v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:66.102.0.0/20 ~all",
    "_netblocks2.google.com": "v=spf1 ip6:2001:4860:4000::/36 ip6:2404:6800:4000::/36 ~all",
    "_netblocks3.google.com": "v=spf1 ip4:172.217.0.0/19 ip4:108.177.96.0/19 ~all",
    "spf.protection.outlook.com": "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip4:104.47.0.0/17 "
    "ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 -all",
    "sendgrid.net": "v=spf1 ip4:167.89.0.0/17 ip4:208.117.48.0/20 ip4:50.31.32.0/19 ip4:198.37.144.0/20 ~all",
    "mailgun.org": "v=spf1 ip4:209.61.151.0/24 ip4:166.78.68.0/22 ip4:198.61.254.0/23 ~all",
    "servers.mcsv.net": "v=spf1 ip4:205.201.128.0/20 ip4:198.2.128.0/18 ip4:148.105.8.0/21 ?all",
    "spf1.amazon.com": "v=spf1 ip4:207.171.160.0/19 ip4:87.238.80.0/21 ip4:72.21.192.0/19 -all",
    "spf2.amazon.com": "v=spf1 ip4:176.32.105.0/24 ip4:176.32.127.0/24 -all",
    "mail.zendesk.com": "v=spf1 ip4:192.161.144.0/20 ip4:185.12.80.0/22 ip4:96.46.150.192/27 ~all",
}

SPF = {
    # The record that AWS documents for MAIL FROM domains, and its variants in the guides of DNS providers.
    "aws documentation": ("v=spf1 include:amazonses.com ~all", "ok", "ok"),
    "amazon.com": (
        "v=spf1 include:spf1.amazon.com include:spf2.amazon.com include:amazonses.com -all",
        "ok",
        "ok",
    ),
    "google workspace guide": ("v=spf1 include:_spf.google.com ~all", "mismatch", "spf_without_ses"),
    "google.com": ("v=spf1 include:_spf.google.com ~all", "mismatch", "spf_without_ses"),
    "gmail.com": ("v=spf1 redirect=_spf.google.com", "mismatch", "spf_without_ses"),
    "microsoft 365 guide": ("v=spf1 include:spf.protection.outlook.com -all", "mismatch", "spf_without_ses"),
    "workspace and ses": ("v=spf1 include:_spf.google.com include:amazonses.com ~all", "ok", "ok"),
    "microsoft 365 and ses": (
        "v=spf1 include:spf.protection.outlook.com include:amazonses.com -all",
        "ok",
        "ok",
    ),
    "mailchimp and ses": ("v=spf1 include:servers.mcsv.net include:amazonses.com ?all", "ok", "ok"),
    "sendgrid guide": ("v=spf1 include:sendgrid.net ~all", "mismatch", "spf_without_ses"),
    "mailgun guide": ("v=spf1 include:mailgun.org ~all", "mismatch", "spf_without_ses"),
    "zendesk guide": ("v=spf1 include:mail.zendesk.com ?all", "mismatch", "spf_without_ses"),
    "example.com": ("v=spf1 -all", "mismatch", "spf_without_ses"),
}

DMARC = {
    "google.com": ("v=DMARC1; p=reject; rua=mailto:mailauth-reports@google.com", "ok", "policy reject"),
    "gmail.com": (
        "v=DMARC1; p=none; sp=quarantine; rua=mailto:mailauth-reports@google.com",
        "ok",
        "policy none",
    ),
    "yahoo.com": (
        "v=DMARC1; p=reject; pct=100; rua=mailto:d@rua.agari.com; ruf=mailto:d@ruf.agari.com;",
        "ok",
        "policy reject; pct has no effect since RFC 9989",
    ),
    "amazon.com": (
        "v=DMARC1; p=quarantine; pct=100; rua=mailto:report@dmarc.amazon.com; ruf=mailto:report@dmarc.amazon.com",
        "ok",
        "policy quarantine; pct has no effect since RFC 9989",
    ),
    "microsoft.com": (
        "v=DMARC1; p=reject; pct=100; rua=mailto:itex-rua@microsoft.com; ruf=mailto:itex-ruf@microsoft.com; fo=1",
        "ok",
        "policy reject; pct has no effect since RFC 9989",
    ),
    "paypal.com": (
        "v=DMARC1; p=reject; rua=mailto:d@rua.agari.com; ruf=mailto:d@ruf.agari.com",
        "ok",
        "policy reject",
    ),
    "github.com": (
        "v=DMARC1; p=reject; pct=100; rua=mailto:dmarc@github.com",
        "ok",
        "policy reject; pct has no effect since RFC 9989",
    ),
    "example.com": ("v=DMARC1;p=reject;sp=reject;adkim=s;aspf=s", "ok", "policy reject; without rua"),
    "cloudflare wizard": (
        "v=DMARC1; p=none; rua=mailto:abc@dmarc-reports.cloudflare.net",
        "ok",
        "policy none",
    ),
    "aws documentation": (
        "v=DMARC1;p=quarantine;rua=mailto:my_dmarc_report@example.com",
        "ok",
        "policy quarantine",
    ),
}


async def look_up(name: str, kind: str) -> DnsAnswer:
    if kind == "TXT" and name in INCLUDED:
        return DnsAnswer(SERVER, name, kind, FOUND, (INCLUDED[name],))
    return DnsAnswer(SERVER, name, kind, NXDOMAIN)


def judged(text):
    finding = judge_spf(None, (text,))
    if finding.verdict != "ok":
        return finding
    return asyncio.run(evaluate_spf(look_up, "bounce.example.com", finding))


@pytest.mark.parametrize("domain", sorted(SPF))
def test_real_spf_record_has_verdict(domain):
    text, verdict, cause = SPF[domain]
    finding = judged(text)
    assert (finding.verdict, finding.cause) == (verdict, cause), finding.reason


@pytest.mark.parametrize("name", sorted(set(INCLUDED) - {"amazonses.com"}))
def test_real_record_of_another_sender_does_not_allow_ses(name):
    assert judged(INCLUDED[name]).cause == "spf_without_ses"


@pytest.mark.parametrize("domain", sorted(DMARC))
def test_real_dmarc_record_has_verdict(domain):
    text, verdict, said = DMARC[domain]
    finding = judge_dmarc(None, (text,))
    assert (finding.verdict, finding.reason.startswith(said)) == (verdict, True), finding.reason
