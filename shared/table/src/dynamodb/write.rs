use std::hash::{DefaultHasher, Hash, Hasher};

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::attributes::{from_attributes, key_attributes, to_attributes};
use super::expression::{Expression, Names, Values};
use super::{DynamoDb, failure};
use crate::{self as table, Condition, Error, Item, Key, Write, size};

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// A write's expressions with the placeholders of both.
struct Compiled {
    condition: Option<String>,
    update: Option<String>,
    names: Option<Names>,
    values: Option<Values>,
}

impl Compiled {
    fn of(update: Option<table::Update>, condition: Option<Condition>, now: i64) -> Self {
        let mut expression = Expression::new(now);
        let update = update.map(|update| expression.update(update));
        let condition = condition.map(|condition| expression.condition(condition));
        let (names, values) = expression.placeholders();
        Self { condition, update, names, values }
    }
}

impl DynamoDb {
    pub(super) async fn write_item(&self, write: Write) -> Result<(), Error> {
        let now = (self.now)();
        match write {
            Write::Check { .. } => self.write_items(vec![write], None).await,
            Write::Put { item, condition } => {
                self.meter.round_trip();
                self.meter.write(size::write_units(size::of_item(&item.key, &item.doc)));
                let compiled = Compiled::of(None, condition, now);
                let request = self
                    .once
                    .put_item()
                    .table_name(&self.name)
                    .set_item(Some(to_attributes(item)))
                    .set_condition_expression(compiled.condition)
                    .set_expression_attribute_names(compiled.names)
                    .set_expression_attribute_values(compiled.values)
                    .return_values_on_condition_check_failure(ALL_OLD);
                request.send().await.map(drop).map_err(failure::of)
            }
            Write::Delete { key, condition } => {
                self.meter.round_trip();
                self.meter.write(size::write_units(0));
                let compiled = Compiled::of(None, condition, now);
                let request = self
                    .once
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key_attributes(key)))
                    .set_condition_expression(compiled.condition)
                    .set_expression_attribute_names(compiled.names)
                    .set_expression_attribute_values(compiled.values)
                    .return_values_on_condition_check_failure(ALL_OLD);
                request.send().await.map(drop).map_err(failure::of)
            }
            Write::Update { key, update, condition } => {
                self.meter.write(size::write_units(0));
                let request = self.updating(key, update, condition);
                request.send().await.map(drop).map_err(failure::of)
            }
        }
    }

    pub(super) async fn update_item(
        &self,
        key: Key,
        update: table::Update,
        condition: Option<Condition>,
    ) -> Result<Item, Error> {
        let request = self.updating(key, update, condition).return_values(ReturnValue::AllNew);
        let answer = request.send().await.map_err(failure::of)?;
        let item = from_attributes(answer.attributes.unwrap_or_default())?;
        self.meter.write(size::write_units(size::of_item(&item.key, &item.doc)));
        Ok(item)
    }

    fn updating(
        &self,
        key: Key,
        update: table::Update,
        condition: Option<Condition>,
    ) -> UpdateItemFluentBuilder {
        self.meter.round_trip();
        let compiled = Compiled::of(Some(update), condition, (self.now)());
        self.once
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_attributes(key)))
            .set_update_expression(compiled.update)
            .set_condition_expression(compiled.condition)
            .set_expression_attribute_names(compiled.names)
            .set_expression_attribute_values(compiled.values)
            .return_values_on_condition_check_failure(ALL_OLD)
    }

    pub(super) async fn write_items(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        let now = (self.now)();
        let fingerprint = token.map(|token| fingerprint(token, &writes));
        let mut actions = Vec::with_capacity(writes.len());
        for write in writes {
            self.meter.write(2 * size::write_units(known_bytes(&write)));
            actions.push(self.action(write, now).map_err(|error| Error::Rejected(Box::new(error)))?);
        }
        self.meter.round_trip();
        let request = self.client.transact_write_items().set_transact_items(Some(actions));
        match request.set_client_request_token(fingerprint).send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(context))
                if token.is_some() && context.err().is_idempotent_parameter_mismatch_exception() =>
            {
                Ok(())
            }
            Err(error) => Err(failure::of(error)),
        }
    }

    fn action(&self, write: Write, now: i64) -> Result<TransactWriteItem, BuildError> {
        let action = TransactWriteItem::builder();
        let action = match write {
            Write::Put { item, condition } => {
                let Compiled { condition, names, values, .. } = Compiled::of(None, condition, now);
                action.put(
                    Put::builder()
                        .table_name(&self.name)
                        .set_item(Some(to_attributes(item)))
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()?,
                )
            }
            Write::Update { key, update, condition } => {
                let Compiled { condition, update, names, values } =
                    Compiled::of(Some(update), condition, now);
                action.update(
                    Update::builder()
                        .table_name(&self.name)
                        .set_key(Some(key_attributes(key)))
                        .set_update_expression(update)
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()?,
                )
            }
            Write::Delete { key, condition } => {
                let Compiled { condition, names, values, .. } = Compiled::of(None, condition, now);
                action.delete(
                    Delete::builder()
                        .table_name(&self.name)
                        .set_key(Some(key_attributes(key)))
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()?,
                )
            }
            Write::Check { key, condition } => {
                let Compiled { condition, names, values, .. } = Compiled::of(None, Some(condition), now);
                action.condition_check(
                    ConditionCheck::builder()
                        .table_name(&self.name)
                        .set_key(Some(key_attributes(key)))
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()?,
                )
            }
        };
        Ok(action.build())
    }
}

fn known_bytes(write: &Write) -> usize {
    match write {
        Write::Put { item, .. } => size::of_item(&item.key, &item.doc),
        _ => 0,
    }
}

/// The token that is sent: it stands for the caller's token and the writes together.
///
/// DynamoDB takes a repeat under the same token for another request when anything in it differs. But the time differs, which
/// [`Condition::Absent`] sends, and so does the order of hash maps, which DynamoDB Local compares too. With the writes in the
/// token, nothing else can differ: a mismatch then means that this very transaction has happened.
///
/// The price: other writes under a used token are a transaction of their own under their own conditions, where memory refuses them.
fn fingerprint(token: &str, writes: &[Write]) -> String {
    // Two keyed differently make 128 bits; nobody gains by a collision, which would need the same token too.
    let half = |half: u8| {
        let mut hasher = DefaultHasher::new();
        (half, token, writes).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Key;

    #[test]
    fn a_fingerprint_tells_tokens_and_writes_apart() {
        let write = |doc: serde_json::Value| {
            vec![Write::create(Item::new(Key::new("p", "a"), doc.as_object().unwrap().clone()))]
        };
        let one = fingerprint("t", &write(json!({ "a": 1, "b": { "c": 2, "d": 3 } })));
        assert_eq!(one, fingerprint("t", &write(json!({ "b": { "d": 3, "c": 2 }, "a": 1 }))));
        assert_ne!(one, fingerprint("u", &write(json!({ "a": 1, "b": { "c": 2, "d": 3 } }))));
        assert_ne!(one, fingerprint("t", &write(json!({ "a": 1, "b": { "c": 2, "d": 4 } }))));
        assert!((1..=36).contains(&one.len()));
    }
}
