//! What every queue does.

use async_trait::async_trait;

use super::{MemoryQueue, Queue, Sqs};
use crate::{
    aws::stack::{stack, unique},
    error::Error,
};

/// A queue and the way of its worker.
#[async_trait]
trait Subject: Sync {
    fn queue(&self) -> &dyn Queue;
    /// Takes `count` bodies, sorted.
    async fn take(&self, count: usize) -> Vec<String>;
}

#[async_trait]
impl Subject for MemoryQueue {
    fn queue(&self) -> &dyn Queue {
        self
    }

    async fn take(&self, _count: usize) -> Vec<String> {
        let mut bodies = self.take_sent();
        bodies.sort();
        bodies
    }
}

#[async_trait]
impl Subject for Sqs {
    fn queue(&self) -> &dyn Queue {
        self
    }

    async fn take(&self, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let call = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(10)
                .wait_time_seconds(2);
            let messages = call.send().await.unwrap().messages.unwrap_or_default();
            assert!(!messages.is_empty(), "{} of {count} messages came", bodies.len());
            bodies.extend(messages.into_iter().filter_map(|message| message.body));
        }
        bodies.sort();
        bodies
    }
}

#[tokio::test]
async fn memory_conforms() {
    conforms(&MemoryQueue::new()).await;
}

#[tokio::test]
async fn sqs_conforms() {
    let Some(stack) = stack() else { return };
    let client = aws_sdk_sqs::Client::new(stack.aws.config());
    let queue = client.create_queue().queue_name(unique("queue")).send().await.unwrap();
    conforms(&Sqs::new(stack.aws.config(), queue.queue_url().unwrap())).await;
}

async fn conforms(subject: &dyn Subject) {
    nothing_to_send_is_sent(subject).await;
    more_than_a_batch_arrives_whole(subject).await;
    large_bodies_go_in_batches_of_their_own(subject).await;
    a_body_over_the_limit_is_refused_and_nothing_is_sent(subject).await;
}

async fn nothing_to_send_is_sent(subject: &dyn Subject) {
    assert_eq!(subject.queue().send(Vec::new()).await.unwrap(), Vec::<usize>::new());
}

async fn more_than_a_batch_arrives_whole(subject: &dyn Subject) {
    let bodies: Vec<_> = (0..25).map(|at| format!(r#"{{"at":{at:02},"text":"ü & <b>"}}"#)).collect();
    assert_eq!(subject.queue().send(bodies.clone()).await.unwrap(), Vec::<usize>::new());
    assert_eq!(subject.take(25).await, bodies);
}

async fn large_bodies_go_in_batches_of_their_own(subject: &dyn Subject) {
    let bodies: Vec<_> = ["a", "b", "c"].map(|letter| letter.repeat(600 * 1024)).into();
    assert_eq!(subject.queue().send(bodies.clone()).await.unwrap(), Vec::<usize>::new());
    assert!(subject.take(3).await == bodies);
}

async fn a_body_over_the_limit_is_refused_and_nothing_is_sent(subject: &dyn Subject) {
    let bodies = vec!["small".to_owned(), "x".repeat(1024 * 1024 + 1)];
    assert!(matches!(subject.queue().send(bodies).await, Err(Error::Rejected(_))));
    subject.queue().send(vec!["next".to_owned()]).await.unwrap();
    assert_eq!(subject.take(1).await, ["next"]);
}

#[tokio::test]
async fn a_queue_that_does_not_exist_refuses_for_good() {
    let Some(stack) = stack() else { return };
    let queue = Sqs::new(stack.aws.config(), format!("{}/000000000000/no-such-queue", stack.emulator_url));
    assert!(matches!(queue.send(vec!["lost".to_owned()]).await, Err(Error::Rejected(_))));
}
