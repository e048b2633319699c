//! Keeping a message that could not be read.

use sqlx::PgConnection;

use crate::{StoreError, batch::UnreadableMessage, row::position_out};

/// Keeps messages that could not be read.
pub(crate) async fn write(
    connection: &mut PgConnection,
    messages: &[UnreadableMessage],
) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let positions: Vec<i64> = messages.iter().map(|m| position_out(m.position)).collect();
    let subjects: Vec<&str> = messages.iter().map(|m| m.subject.as_str()).collect();
    let payloads: Vec<&[u8]> = messages.iter().map(|m| m.payload.as_slice()).collect();
    let errors: Vec<&str> = messages.iter().map(|m| m.error.as_str()).collect();
    let stored: Vec<_> = messages.iter().map(|m| m.stored_at).collect();
    sqlx::query!(
        "INSERT INTO unreadable_messages (position, subject, payload, error, stored_at)
         SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bytea[], $4::text[], $5::timestamptz[])
         ON CONFLICT (position) DO NOTHING",
        &positions,
        &subjects as _,
        &payloads as _,
        &errors as _,
        &stored,
    )
    .execute(connection)
    .await?;
    Ok(())
}
