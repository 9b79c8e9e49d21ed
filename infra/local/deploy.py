"""Deploys template.yaml through CloudFormation, as it would be on AWS.

What `aws cloudformation package` does is done here: packages go to a bucket under names made of their contents, so that what
has not changed is not sent again, and the template's `CodeUri` lines point there.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import time
from pathlib import Path

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from settings import API_ID, LOCAL, REGION, ROOT, STACK_NAME, Failure, Stack, say
from toolchain import tool

BUCKET = f"{STACK_NAME}-packages"
CODE = re.compile(r"^(\s+CodeUri: )target/lambda/([a-z0-9-]+)/\s*$", re.MULTILINE)
API = re.compile(r"^(      Name: !Ref AWS::StackName\n)(      ProtocolType: HTTP\n)", re.MULTILINE)


def client(stack: Stack, service: str) -> BaseClient:
    """A client of the emulator; the person's own credentials and settings play no part."""
    return boto3.client(
        service, endpoint_url=stack.emulator_url, region_name=REGION,
        aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, read_timeout=120),
    )


def lint() -> None:
    """Refuses a template that AWS would refuse: the emulator takes dangling references and unknown properties without a word."""
    template, passed = ROOT / "template.yaml", LOCAL / "template-passed"
    fingerprint = hashlib.sha256(template.read_bytes()).hexdigest()
    if passed.exists() and passed.read_text() == fingerprint:
        return
    command = [tool("cfn-lint"), "--format", "parseable", str(template)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if checked.returncode != 0:
        # One mistake can be told in forty ways, and one of them names every resource.
        told = [f"  {line[:200]}" for line in (checked.stdout + checked.stderr).splitlines()[:8]]
        raise Failure("the deployment failed: template.yaml is not valid (`make lint-template` tells all)\n" + "\n".join(told))
    passed.write_text(fingerprint)


def packaged_template(stack: Stack, packages: dict[str, Path]) -> str:
    """The template with each function's code in the bucket, and the API's id pinned."""
    text = (ROOT / "template.yaml").read_text()
    named = set()

    def code(match: re.Match[str]) -> str:
        name = match.group(2)
        named.add(name)
        if name not in packages:
            raise Failure(f"template.yaml wants a function {name}, but there is no functions/{name}")
        return f"{match.group(1)}s3://{BUCKET}/{packages[name].name}"

    text = CODE.sub(code, text)
    forgotten = sorted(set(packages) - named)
    if forgotten:
        raise Failure(f"template.yaml has no function for {', '.join(forgotten)}")
    tag = "_custom_id_" if stack.localstack else "ms-custom-id"
    text, pinned = API.subn(rf"\1\2      Tags: {{{tag}: '{API_ID}'}}" + "\n", text)
    if pinned != 1:
        raise Failure("template.yaml: the API's Name and ProtocolType lines are not where deploy.py looks for them")
    return text


def _upload(stack: Stack, packages: dict[str, Path], template: str) -> str:
    """Sends what the bucket lacks; answers the template's address."""
    s3 = client(stack, "s3")
    try:
        # Another region than us-east-1 has to be named here.
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    there = {item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET) for item in page.get("Contents", [])}
    for package in packages.values():
        if package.name not in there:
            s3.put_object(Bucket=BUCKET, Key=package.name, Body=package.read_bytes())
    for stale in there - {package.name for package in packages.values()} - {"template.yaml"}:
        s3.delete_object(Bucket=BUCKET, Key=stale)
    s3.put_object(Bucket=BUCKET, Key="template.yaml", Body=template.encode())
    return f"{stack.emulator_url}/{BUCKET}/template.yaml"


def _status(cloudformation: BaseClient) -> dict | None:
    try:
        return cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    except ClientError:
        return None


def _why(cloudformation: BaseClient) -> str:
    """What CloudFormation says went wrong."""
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    lines = [
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in events if "FAILED" in event.get("ResourceStatus", "")
    ]
    return "\n".join(dict.fromkeys(lines)) or "  (it gives no reason)"


def _settle(cloudformation: BaseClient) -> dict:
    """Waits until the stack's state is final."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        found = _status(cloudformation)
        if found is None:
            raise Failure("the stack went away while it was deployed")
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
        time.sleep(0.1)
    raise Failure("the deployment did not end within three minutes")


def deploy(stack: Stack, packages: dict[str, Path]) -> dict[str, str]:
    """Creates or updates the stack; answers its outputs."""
    try:
        return _deploy(stack, packages)
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"the deployment failed: {error}") from None


def _deploy(stack: Stack, packages: dict[str, Path]) -> dict[str, str]:
    template = packaged_template(stack, packages)
    cloudformation = client(stack, "cloudformation")
    wanted = {
        "StackName": STACK_NAME,
        "TemplateURL": _upload(stack, packages, template),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters().items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    before = _status(cloudformation)
    if before and before["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"):
        cloudformation.delete_stack(StackName=STACK_NAME)
        while _status(cloudformation) and _status(cloudformation)["StackStatus"] != "DELETE_COMPLETE":
            time.sleep(0.1)
        before = None
    if before and before["StackStatus"] == "DELETE_COMPLETE":
        before = None
    say("deploying template.yaml")
    try:
        (cloudformation.update_stack if before else cloudformation.create_stack)(**wanted)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    after = _settle(cloudformation)
    if after["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Failure(f"the deployment failed ({after['StackStatus']}):\n{_why(cloudformation)}")
    _verify_sender(stack)
    return {output["OutputKey"]: output["OutputValue"] for output in after.get("Outputs", [])}


def _verify_sender(stack: Stack) -> None:
    """The emulators, as AWS, send no mail from a domain that is not verified; here it is so by asking."""
    domain = re.search(r"@([^>]+)", stack.parameters()["MailFrom"]).group(1)
    mail = client(stack, "sesv2")
    try:
        mail.create_email_identity(EmailIdentity=domain)
    except mail.exceptions.AlreadyExistsException:
        pass
