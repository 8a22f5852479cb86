use std::sync::Arc;

use cqrs_core::provide;

pub struct Settings;

pub trait Mailer: Send + Sync {}

pub struct Smtp;

impl Mailer for Smtp {}

#[provide]
pub async fn mailer(_settings: &Settings) -> Result<Arc<dyn Mailer>, std::io::Error> {
    Ok(Arc::new(Smtp))
}
