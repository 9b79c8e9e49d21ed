use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection as SdkProjection, ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
    TableStatus,
};

use super::failure;
use crate::Error;
use crate::schema::{INDEXES, Index, PK, Projection, SK};

/// Makes the table as the schema has it, for tests: deployed tables come from the template. Waits until it can be used.
///
/// # Errors
/// Of the service; [`Error::Unavailable`] where the table is not ready after ten seconds.
pub async fn create_table(client: &Client, name: &str) -> Result<(), Error> {
    let refused = |error: BuildError| Error::Rejected(Box::new(error));
    let attributes = [PK, SK].into_iter().chain(INDEXES.iter().flat_map(|index| [index.pk, index.sk]));
    let attributes = attributes
        .map(|name| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    let indexes =
        INDEXES.iter().map(|index| declared(index)).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let images = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()
        .map_err(refused)?;
    let request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes))
        .set_key_schema(Some(key_schema(PK, SK).map_err(refused)?))
        .set_global_secondary_indexes(Some(indexes))
        .stream_specification(images);
    request.send().await.map_err(failure::of)?;
    for _ in 0..100 {
        let described = client.describe_table().table_name(name).send().await.map_err(failure::of)?;
        if described.table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Error::Unavailable("the table is not ready".into()))
}

fn declared(index: &Index) -> Result<GlobalSecondaryIndex, BuildError> {
    let projection = match &index.projection {
        Projection::KeysOnly => SdkProjection::builder().projection_type(ProjectionType::KeysOnly),
        Projection::Include(names) => SdkProjection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(names.iter().map(|name| (*name).to_owned()).collect())),
    };
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(index.pk, index.sk)?))
        .projection(projection.build())
        .build()
}

fn key_schema(pk: &str, sk: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    [(pk, KeyType::Hash), (sk, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}
