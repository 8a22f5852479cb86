use cqrs_core::{Principal, provide};

pub struct Settings;

pub struct Basket {
    pub owner: Principal,
}

#[provide]
pub fn basket(_settings: &Settings, owner: Principal) -> Result<Basket, std::io::Error> {
    Ok(Basket { owner })
}
