"""Brings dead letters back, on the laptop's stack and on AWS. Runs on the tools' Python."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

from botocore.client import BaseClient

from settings import Failure

# Behind each queue lies `{queue}-dlq`.
QUEUES = ("order-lifecycle", "notifier", "thumbnailer", "import")
# Events that no queue took; EventBridge says of each where it was going.
UNDELIVERED = "undelivered-events"
# Records of the table's stream that the relay could not publish; Lambda leaves them in the work bucket, and the relay those that it can't read.
RELAY = "outbox-relay"
# What Stripe told and was ours to understand; the function keeps it in the table (docs/decisions/0007).
WEBHOOKS = "stripe-webhook"
ALL = (*QUEUES, UNDELIVERED, RELAY, WEBHOOKS)

# Each of Stripe's endpoints: its path, and where the function has its secret.
ENDPOINTS = {"platform": ("/", "STRIPE_WEBHOOK_SECRET"), "connect": ("/connect", "STRIPE_CONNECT_WEBHOOK_SECRET")}

Clients = Callable[[str], BaseClient]


class Brought:
    """How much was brought back, and what stays where it lies, with the reason."""

    def __init__(self) -> None:
        self.back = 0
        self.stays: dict[str, str] = {}


def redrive(clients: Clients, stack: str, what: str) -> int:
    """Brings back all that lies there now; answers how much. What fails again comes back to where it lay, or stays there, and holds up nothing else."""
    brought = Brought()
    if what in QUEUES:
        sqs = clients("sqs")
        target = _url(sqs, f"{stack}-{what}")
        _move(sqs, _url(sqs, f"{stack}-{what}-dlq"), lambda _: target, brought)
    elif what == UNDELIVERED:
        sqs = clients("sqs")
        _move(sqs, _url(sqs, f"{stack}-{what}"), lambda message: _target(sqs, message), brought)
    elif what == RELAY:
        _relay(clients("s3"), clients("lambda"), stack, brought)
    elif what == WEBHOOKS:
        _webhooks(clients("dynamodb"), clients("lambda"), stack, brought)
    else:
        raise Failure(f"say Q= with one of: {' '.join(ALL)}")
    if brought.stays:
        told = "\n".join(f"  {name}: {why}" for name, why in brought.stays.items())
        raise Failure(f"{brought.back} brought back from {what}; {len(brought.stays)} stay there:\n{told}")
    return brought.back


def _url(sqs: BaseClient, name: str) -> str:
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def _move(sqs: BaseClient, source: str, target_of: Callable[[dict], str | None], brought: Brought) -> None:
    """Sends each message on before it takes it away: stopped between, it is there twice, which every function can bear."""
    while messages := sqs.receive_message(
        QueueUrl=source, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=60, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            target = target_of(message)
            if target is None:
                brought.stays[f"message {message.get('MessageId')}"] = "it does not say where it was going"
                continue
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            brought.back += 1


def _target(sqs: BaseClient, message: dict) -> str | None:
    attributes = message.get("MessageAttributes", {})
    arn = attributes.get("TARGET_ARN", {}).get("StringValue")
    return _url(sqs, arn.rsplit(":", 1)[1]) if arn else None


def _relay(s3: BaseClient, functions: BaseClient, stack: str, brought: Brought) -> None:
    """Hands the relay each batch that lies in the work bucket, as it was; one that fails again stays."""
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    bucket = next((name for name in buckets if name.startswith(f"{stack}-work-")), None)
    if bucket is None:
        raise Failure(f"there is no work bucket of {stack}")
    # Of a batch that Lambda gave up, the relay lays aside by itself what it can't read; of what lies aside it says that it still can't.
    for prefix, mark in (("stream/", {"brought_back": True}), ("aws/lambda/", {})):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for key in [entry["Key"] for page in pages for entry in page.get("Contents", [])]:
            why = _relayed(s3, functions, stack, bucket, key, mark)
            if why:
                brought.stays[f"s3://{bucket}/{key}"] = why
            else:
                s3.delete_object(Bucket=bucket, Key=key)
                brought.back += 1


def _relayed(s3: BaseClient, functions: BaseClient, stack: str, bucket: str, key: str, mark: dict) -> str | None:
    """Why a batch was not published, or not all of it."""
    try:
        batch = json.loads(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["payload"])
        payload = json.dumps({**batch, **mark}).encode()
    except (KeyError, TypeError, ValueError):
        return "it holds no batch"
    answer = functions.invoke(FunctionName=f"{stack}-outbox-relay", Payload=payload)
    answered = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError") or answered.get("batchItemFailures"):
        return f"fails again: {answered}"
    return None


def _webhooks(dynamodb: BaseClient, functions: BaseClient, stack: str, brought: Brought) -> None:
    """Has the function look again at each webhook that it kept and that was ours to understand, signed anew.

    One that is kept again lies there untouched and ends when it would have.
    """
    function = f"{stack}-stripe-webhook"
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    table = variables["TABLE_NAME"]
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table, IndexName="listing",
        KeyConditionExpression="L1PK = :list", ExpressionAttributeValues={":list": {"S": "WEBHOOKS"}},
    )
    for key in [{name: item[name] for name in ("PK", "SK")} for page in pages for item in page["Items"]]:
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        # An item whose time has passed counts as absent.
        if item is None or int(item["ttl"]["N"]) <= time.time():
            continue
        path, secret = ENDPOINTS[item["endpoint"]["S"]]
        body = item["body"]["S"].encode() if "body" in item else base64.b64decode(item["body_base64"]["S"])
        answer = functions.invoke(FunctionName=function, Payload=_delivery(path, body, variables[secret]))
        answered = json.loads(answer["Payload"].read() or b"{}")
        place = key["PK"]["S"]
        why = _unsettled(answer, answered, place.removeprefix("WEBHOOK#"))
        if why:
            brought.stays[place] = why
        else:
            dynamodb.delete_item(TableName=table, Key=key)
            brought.back += 1


def _delivery(path: str, body: bytes, secret: str) -> bytes:
    """A webhook as the function's URL hands it over, signed as Stripe signs (docs.stripe.com/webhooks#verify-manually)."""
    now = int(time.time())
    signature = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    http = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "make redrive"}
    return json.dumps({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/json; charset=utf-8", "stripe-signature": f"t={now},v1={signature}"},
        "requestContext": {"routeKey": "$default", "stage": "$default", "timeEpoch": now * 1000, "http": http},
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }).encode()


def _unsettled(answer: dict, answered: dict, kept_as: str) -> str | None:
    """Why a webhook has to stay where it lies: it was not taken, or nothing was made of it again.

    What is kept under another id now, because it can be read, lies there whole.
    """
    if answer.get("FunctionError") or answered.get("statusCode") != 200:
        return f"not taken: {answered}"
    outcome = answered.get("headers", {}).get("webhook-outcome", "")
    if outcome == "done" or (outcome.startswith("kept ") and outcome != f"kept {kept_as}"):
        return None
    return "kept again"
