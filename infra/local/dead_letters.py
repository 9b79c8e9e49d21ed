"""Brings dead letters back, on the laptop's stack and on AWS. Runs on the tools' Python."""

from __future__ import annotations

import json
from collections.abc import Callable

from botocore.client import BaseClient

from settings import Failure

# Behind each queue lies `{queue}-dlq`.
QUEUES = ("order-lifecycle", "notifier", "thumbnailer", "import")
# Events that no queue took; EventBridge says of each where it was going.
UNDELIVERED = "undelivered-events"
# Records of the table's stream that the relay could not publish; Lambda leaves them in the work bucket.
RELAY = "outbox-relay"
ALL = (*QUEUES, UNDELIVERED, RELAY)

Clients = Callable[[str], BaseClient]


def redrive(clients: Clients, stack: str, what: str) -> int:
    """Brings back all that lies there now; answers how much. What fails again comes back to where it lay."""
    if what in QUEUES:
        sqs = clients("sqs")
        target = _url(sqs, f"{stack}-{what}")
        return _move(sqs, _url(sqs, f"{stack}-{what}-dlq"), lambda _: target)
    if what == UNDELIVERED:
        sqs = clients("sqs")
        return _move(sqs, _url(sqs, f"{stack}-{what}"), lambda message: _target(sqs, message))
    if what == RELAY:
        return _relay(clients("s3"), clients("lambda"), stack)
    raise Failure(f"say Q= with one of: {' '.join(ALL)}")


def _url(sqs: BaseClient, name: str) -> str:
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def _move(sqs: BaseClient, source: str, target_of: Callable[[dict], str]) -> int:
    """Sends each message on before it takes it away: stopped between, it is there twice, which every function can bear."""
    moved = 0
    while messages := sqs.receive_message(
        QueueUrl=source, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=60, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=target_of(message), MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _target(sqs: BaseClient, message: dict) -> str:
    attributes = message.get("MessageAttributes", {})
    arn = attributes.get("TARGET_ARN", {}).get("StringValue")
    if not arn:
        raise Failure(f"message {message.get('MessageId')} does not say where it was going")
    return _url(sqs, arn.rsplit(":", 1)[1])


def _relay(s3: BaseClient, functions: BaseClient, stack: str) -> int:
    """Hands the relay each batch that Lambda gave up, as it was; one that fails again stays."""
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    bucket = next((name for name in buckets if name.startswith(f"{stack}-work-")), None)
    if bucket is None:
        raise Failure(f"there is no work bucket of {stack}")
    done = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="aws/lambda/"):
        for entry in page.get("Contents", []):
            record = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
            answer = functions.invoke(FunctionName=f"{stack}-outbox-relay", Payload=record["payload"].encode())
            answered = json.loads(answer["Payload"].read() or b"{}")
            if answer.get("FunctionError") or answered.get("batchItemFailures"):
                raise Failure(f"s3://{bucket}/{entry['Key']} fails again: {answered}")
            s3.delete_object(Bucket=bucket, Key=entry["Key"])
            done += 1
    return done
