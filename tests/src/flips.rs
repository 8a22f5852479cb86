//! Every option of every attribute, how it is ignored in a copy of the macros, and what has to fail then.
//!
//! `cargo run -p tests --bin flip` ignores one after the other. Whether the table is complete, the walk over the macros'
//! own table says (`tests/tests/expand.rs`).

/// One option, ignored.
#[derive(Debug)]
pub struct Flip {
    /// The option, as the macros' table calls it; of a part of one, `cache.ttl`.
    pub option: &'static str,
    /// In this file of `cqrs-macros/src`,
    pub file: &'static str,
    /// this,
    pub from: &'static str,
    /// is replaced by this.
    pub to: &'static str,
    /// And this has to fail.
    pub fails: Fails,
}

/// What fails where an option is ignored.
#[derive(Debug)]
pub enum Fails {
    /// A test, by its target and its name.
    Test(&'static str, &'static str),
    /// A crate, which does not compile any more when this target of the tests is built; with what the compiler says.
    Compiling(&'static str, &'static str, &'static str),
}

use Fails::{Compiling, Test};

const fn flip(option: &'static str, file: &'static str, from: &'static str, to: &'static str, fails: Fails) -> Flip {
    Flip { option, file, from, to, fails }
}

/// The table.
pub const FLIPS: &[Flip] = &[
    flip(
        "output",
        "options.rs",
        "\"output\" => self.output = Some(input.parse()?)",
        "\"output\" => drop(input.parse::<Type>()?)",
        Compiling("billing", "pipeline_options", "but `Charge` declares `Result<(), Declined>`"),
    ),
    flip(
        "error",
        "options.rs",
        "\"error\" => self.error = Some(input.parse()?)",
        "\"error\" => drop(input.parse::<Type>()?)",
        Compiling("billing", "pipeline_options", "but `Charge` declares `Receipt`"),
    ),
    flip(
        "name",
        "options.rs",
        "self.name = Some((key, name));",
        "self.name = Some((key.clone(), LitStr::new(\"ignored\", key.span())));",
        Test("pipeline_behaviors", "it_is_around_a_call_by_name_too"),
    ),
    flip(
        "name.event",
        "options.rs",
        "self.name = Some((key, name));",
        "self.name = (of != Macro::Event).then_some((key, name));",
        Test("declared_events", "version_is_what_a_store_is_given"),
    ),
    flip(
        "name.handler",
        "subscription.rs",
        "quote!(.named(#name))",
        "quote_spanned!(name.span()=>)",
        Test("declared_events", "name_and_from_are_of_the_checkpoint"),
    ),
    flip(
        "wire",
        "options.rs",
        "\"wire\" => self.wire = Some(key)",
        "\"wire\" => drop(key)",
        Compiling("tests", "pipeline_access", "`Sweep` cannot be sent by name"),
    ),
    flip(
        "contract",
        "options.rs",
        "\"contract\" => self.contract = Some(key)",
        "\"contract\" => drop(key)",
        Compiling("billing", "pipeline_options", "declared in another crate and is no contract"),
    ),
    flip(
        "http",
        "options.rs",
        "\"http\" => self.http = Some(http::read(of, key, input, errors)?)",
        "\"http\" => drop(http::read(of, key, input, errors)?)",
        Test("declared_http", "method_and_path_are_those_of_the_route"),
    ),
    flip(
        "http.get",
        "http.rs",
        "\"get\" => \"Get\"",
        "\"get\" => \"Post\"",
        Test("declared_http", "method_and_path_are_those_of_the_route"),
    ),
    flip(
        "http.post",
        "http.rs",
        "\"post\" => \"Post\"",
        "\"post\" => \"Get\"",
        Test("declared_http", "method_and_path_are_those_of_the_route"),
    ),
    flip(
        "http.put",
        "http.rs",
        "\"put\" => \"Put\"",
        "\"put\" => \"Post\"",
        Test("declared_http", "method_and_path_are_those_of_the_route"),
    ),
    flip(
        "http.patch",
        "http.rs",
        "\"patch\" => \"Patch\"",
        "\"patch\" => \"Post\"",
        Test("declared_http", "method_and_path_are_those_of_the_route"),
    ),
    flip(
        "http.delete",
        "http.rs",
        "_ => \"Delete\"",
        "_ => \"Post\"",
        Test("declared_http", "method_and_path_are_those_of_the_route"),
    ),
    flip(
        "http.status",
        "http.rs",
        "let status = self.status.map(|(_, status)| quote_spanned!(place=> , status(#status)));",
        "let status = None::<TokenStream>;",
        Test("behaviour_http", "status_is_that_of_a_success"),
    ),
    flip(
        "http.none",
        "http.rs",
        "let none = self.none.map(|(_, status)| quote_spanned!(place=> , none(#status)));",
        "let none = None::<TokenStream>;",
        Test("behaviour_http", "none_is_what_nothing_is_answered_with"),
    ),
    flip(
        "http.location",
        "http.rs",
        "let location = self.location.as_ref().map(|Template",
        "let location = self.location.as_ref().filter(|_| false).map(|Template",
        Test("behaviour_http", "location_says_where_to_find_what_was_made"),
    ),
    flip(
        "http.headers",
        "http.rs",
        "let headers = (!self.headers.is_empty()).then(||",
        "let headers = false.then(||",
        Test("behaviour_http_fields", "headers_fill_the_fields_they_name"),
    ),
    flip(
        "http.query",
        "http.rs",
        "let query = (!self.query.is_empty()).then(||",
        "let query = false.then(||",
        Test("behaviour_http_fields", "query_fills_the_fields_it_names"),
    ),
    flip(
        "transient",
        "options.rs",
        "\"transient\" => self.transient = Some(key)",
        "\"transient\" => drop(key)",
        Compiling("tests", "pipeline_order", "cannot be stored: it is not `Serialize` and `Deserialize`"),
    ),
    flip(
        "version",
        "versions.rs",
        "quote!(.version(#number))",
        "quote!(.version(1))",
        Test("declared_events", "version_is_what_a_store_is_given"),
    ),
    flip(
        "upcasts",
        "options.rs",
        "\"upcasts\" => self.versions.upcasts = Some(versions::upcasts(key, input, errors)?)",
        "\"upcasts\" => drop(versions::upcasts(key, input, errors)?)",
        Test("declared_events", "upcasts_are_the_versions_just_before"),
    ),
    flip(
        "inline",
        "options.rs",
        "\"inline\" => self.inline = Some(key)",
        "\"inline\" => drop(key)",
        Test("declared_events", "inline_is_in_the_unit_of_work"),
    ),
    flip(
        "from",
        "options.rs",
        "\"from\" => self.from = subscription::from(input, errors)?.then_some(key)",
        "\"from\" => drop(subscription::from(input, errors)?)",
        Test("declared_events", "name_and_from_are_of_the_checkpoint"),
    ),
    flip(
        "aggregate_id",
        "message.rs",
        "message.aggregate_ids.info(ident, info)",
        "info",
        Test("declared_events", "the_category_of_an_aggregate_is_listed"),
    ),
    flip(
        "aggregate_id.category",
        "aggregate_id.rs",
        "Some(category)\n}",
        "Some(\"ignored\".to_owned())\n}",
        Test("declared_events", "the_category_of_an_aggregate_is_listed"),
    ),
    flip(
        "read_only",
        "options.rs",
        "\"read_only\" => self.read_only = Some(key)",
        "\"read_only\" => drop(key)",
        Compiling("forbidding", "pipeline_options", "nothing says that it is read-only"),
    ),
    flip(
        "per_call",
        "options.rs",
        "\"per_call\" => self.per_call = Some(key)",
        "\"per_call\" => drop(key)",
        Compiling("unnamed", "pipeline_options", "cannot be a dependency"),
    ),
    flip(
        "crate",
        "options.rs",
        "\"crate\" => self.krate = Some(input.call(Path::parse_mod_style)?)",
        "\"crate\" => drop(input.call(Path::parse_mod_style)?)",
        Compiling("renamed", "across_crates", "cqrs_core"),
    ),
    flip(
        "authorize",
        "pipeline.rs",
        "\"authorize\" => self.authorize = authorize(input, errors)?.map(|who| (key, who))",
        "\"authorize\" => drop(authorize(input, errors)?)",
        Test("pipeline_options", "authorize_with_a_scope_lets_in_who_has_it"),
    ),
    flip(
        "authorize.policy",
        "pipeline.rs",
        "\"authorize\" => self.authorize = authorize(input, errors)?.map(|who| (key, who))",
        "\"authorize\" => drop(authorize(input, errors)?)",
        Test("pipeline_options", "authorize_with_a_policy_asks_it"),
    ),
    flip(
        "public",
        "pipeline.rs",
        "\"public\" => self.public = Some(key)",
        "\"public\" => drop(key)",
        Test("pipeline_options", "public_is_what_a_bus_that_denies_by_default_lets_through"),
    ),
    flip(
        "cache",
        "pipeline.rs",
        "\"cache\" => self.cache = cache::read(key, input, errors)?",
        "\"cache\" => drop(cache::read(key, input, errors)?)",
        Test("pipeline_options", "cache_shared_is_one_answer_for_everybody"),
    ),
    flip(
        "cache.ttl",
        "cache.rs",
        "duration::tokens(ttl.duration, place)",
        "duration::tokens(std::time::Duration::from_secs(86_400).max(ttl.duration), place)",
        Test("pipeline_options", "cache_ttl_is_how_long_an_answer_is_kept"),
    ),
    flip(
        "cache.capacity",
        "cache.rs",
        "\"capacity\" => capacity = answers(list, errors)?.unwrap_or(CAPACITY)",
        "\"capacity\" => capacity = answers(list, errors)?.unwrap_or(CAPACITY).max(CAPACITY)",
        Test("pipeline_options", "cache_capacity_is_how_many_answers_are_kept"),
    ),
    flip(
        "cache.shared",
        "cache.rs",
        "\"shared\" => shared = true",
        "\"shared\" => shared = false",
        Test("pipeline_options", "cache_shared_is_one_answer_for_everybody"),
    ),
    flip(
        "cache.invalidated_by",
        "cache.rs",
        "_ => invalidated_by = events(&key, list, errors)?",
        "_ => drop(events(&key, list, errors)?)",
        Test("pipeline_options", "cache_is_invalidated_by_the_events_it_names"),
    ),
    flip(
        "idempotent",
        "pipeline.rs",
        "\"idempotent\" => self.idempotent = Some(key)",
        "\"idempotent\" => drop(key)",
        Test("pipeline_options", "idempotent_answers_the_same_key_the_same"),
    ),
    flip(
        "validate",
        "pipeline.rs",
        "\"validate\" => self.validate = Some(key)",
        "\"validate\" => drop(key)",
        Test("pipeline_options", "validate_tells_every_field_that_is_wrong"),
    ),
    flip(
        "timeout",
        "pipeline.rs",
        "\"timeout\" => self.timeout = duration::read(name, input, errors)?.map(|timeout| (key, timeout))",
        "\"timeout\" => drop(duration::read(name, input, errors)?)",
        Test("pipeline_options", "timeout_ends_a_call_that_takes_longer"),
    ),
    flip(
        "retry",
        "pipeline.rs",
        "_ => self.retry = retry::read(key, input, errors)?",
        "_ => drop(retry::read(key, input, errors)?)",
        Test("pipeline_options", "retry_tries_as_often_as_it_says"),
    ),
    flip(
        "retry.times",
        "retry.rs",
        "Ok(times.map(|times| Retry { key, times, on, backoff }))",
        "Ok(times.map(|times| Retry { key, times: times.max(7), on, backoff }))",
        Test("pipeline_options", "retry_tries_as_often_as_it_says"),
    ),
    flip(
        "retry.on",
        "retry.rs",
        "\"on\" => on = kinds(list, errors)?",
        "\"on\" => drop(kinds(list, errors)?)",
        Test("pipeline_options", "retry_on_says_which_faults"),
    ),
    flip(
        "retry.backoff",
        "retry.rs",
        "_ => backoff = duration::read(name, list, errors)?",
        "_ => drop(duration::read(name, list, errors)?)",
        Test("pipeline_options", "retry_backoff_is_the_first_pause_which_doubles_and_has_jitter"),
    ),
    flip(
        "order",
        "options.rs",
        "\"order\" => self.order = behavior::order(input, errors)?",
        "\"order\" => self.order = behavior::order(input, errors)?.map(|_| 0)",
        Test("pipeline_options", "a_behaviors_order_is_its_place_and_on_is_what_it_goes_around"),
    ),
    flip(
        "on",
        "options.rs",
        "\"on\" => self.on = Some(behavior::on(&key, input, errors)?)",
        "\"on\" => drop(behavior::on(&key, input, errors)?)",
        Test("pipeline_options", "a_behaviors_order_is_its_place_and_on_is_what_it_goes_around"),
    ),
];
