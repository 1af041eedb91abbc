"""The services from moto in the same process, and the internals of moto that the emulator uses."""

import inspect
import json

import pytest
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.base_backend import BackendDict
from moto.core.exceptions import ServiceException
from moto.events.models import events_backends
from moto.firehose.models import firehose_backends
from moto.moto_server import werkzeug_app
from moto.sns.models import Subscription, sns_backends
from moto.sqs.models import Message, Queue
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler


def test_moto_internals_of_http_server_exist():
    """Fails if a release of moto or werkzeug changes what `moto_services.py` and `http_server.py` use.

    Then change these modules first, not only this list.
    """
    application = werkzeug_app.DomainDispatcherApplication
    assert list(inspect.signature(application.__init__).parameters) == ["self", "create_app"]
    assert list(inspect.signature(application.__call__).parameters) == ["self", "environ", "start_response"]
    assert list(inspect.signature(werkzeug_app.create_backend_app).parameters) == ["service"]
    handler = getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)
    assert issubclass(handler, WSGIRequestHandler)
    assert not {"__init__", "__slots__", "setup", "handle"} & set(vars(handler)) - set(
        vars(WSGIRequestHandler)
    )
    assert list(inspect.signature(WSGIRequestHandler.run_wsgi).parameters) == ["self"]
    assert list(inspect.signature(BaseWSGIServer.__init__).parameters)[:4] == ["self", "host", "port", "app"]
    assert callable(BackendDict.reset)


def test_moto_internals_of_publishing_exist():
    """The same for `publishing.py` and `subscribers.py`."""
    sns = sns_backends["123456789012"]["us-east-1"]
    assert list(inspect.signature(Subscription.publish).parameters)[:4] == [
        "self", "message", "message_id", "subject",
    ]  # fmt: skip
    assert list(inspect.signature(Subscription.get_post_data).parameters)[1:4] == [
        "message", "message_id", "subject",
    ]  # fmt: skip
    assert list(inspect.signature(sns._get_topic_subscriptions).parameters) == ["topic"]
    assert "_filter_policy_matcher" in inspect.getsource(Subscription.__init__)
    assert list(inspect.signature(sns.get_topic).parameters) == ["arn"]
    assert isinstance(sns._message_public_keys, dict)
    firehose = firehose_backends["123456789012"]["us-east-1"]
    assert list(inspect.signature(firehose.put_record_batch).parameters) == [
        "delivery_stream_name",
        "records",
    ]
    assert list(inspect.signature(events_backends["123456789012"]["us-east-1"].put_events).parameters) == [
        "events"
    ]
    cloudwatch = cloudwatch_backends["123456789012"]["us-east-1"]
    assert list(inspect.signature(cloudwatch.put_metric_data).parameters) == ["namespace", "metric_data"]
    assert list(inspect.signature(cloudwatch.get_filtered_metrics).parameters)[-3:] == [
        "metric_name", "namespace", "dimensions",
    ]  # fmt: skip
    assert {"visible_at", "delayed_until"} <= set(vars(Message("id", "body")))
    assert isinstance(vars(Queue)["approximate_number_of_messages"], property)
    assert issubclass(ServiceException, Exception)


def test_sns_publishes_to_sqs_in_same_process(client):
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="events")["TopicArn"]
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == "hello"


def test_s3_stores_bytes_and_metadata(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="mail-of-this-test")
    s3.put_object(Bucket="mail-of-this-test", Key="in/ä b", Body=b"x" * 100_000, Metadata={"kind": "v"})
    got = s3.get_object(Bucket="mail-of-this-test", Key="in/ä b")
    assert got["Body"].read() == b"x" * 100_000
    assert got["Metadata"] == {"kind": "v"}


def test_needed_aws_managed_policies_exist(client):
    iam = client("iam")
    iam.create_user(UserName="mailer")
    iam.attach_user_policy(UserName="mailer", PolicyArn="arn:aws:iam::aws:policy/AmazonSESFullAccess")
    attached = iam.list_attached_user_policies(UserName="mailer")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonSESFullAccess"]


@pytest.mark.parametrize("service", ["cloudwatch", "route53", "firehose", "sts"])
def test_other_service_answers(client, service):
    calls = {
        "cloudwatch": ("list_metrics", "Metrics"),
        "route53": ("list_hosted_zones", "HostedZones"),
        "firehose": ("list_delivery_streams", "DeliveryStreamNames"),
        "sts": ("get_caller_identity", "Account"),
    }
    call, key = calls[service]
    answer = getattr(client(service), call)()[key]
    assert answer == ("123456789012" if service == "sts" else [])


def test_client_continues_after_call_to_other_service(client):
    """moto closes its connections and SES keeps them open. Neither affects the other."""
    for _ in range(3):
        client("sts").get_caller_identity()
        client("sesv2").get_account()
