//! Results: faults, problems, operation results, and what is derived for errors.

use std::error::Error as _;

use cqrs_core::{
    CarriesFault, DispatchError, Effect, Fault, FaultKind, FieldError, IntoProblem, OperationResult, Problem,
};
use proptest::prelude::*;

#[test]
fn each_kind_of_fault_has_its_status_its_effect_and_its_patience() {
    for (fault, kind, status, transient) in [
        (Fault::wiring("w"), FaultKind::Wiring, 500, false),
        (Fault::malformed("m"), FaultKind::Malformed, 400, false),
        (Fault::invalid("i"), FaultKind::Invalid, 422, false),
        (Fault::unauthenticated("u"), FaultKind::Unauthenticated, 401, false),
        (Fault::forbidden("f"), FaultKind::Forbidden, 403, false),
        (Fault::not_found("n"), FaultKind::NotFound, 404, false),
        (Fault::conflict("c"), FaultKind::Conflict, 409, true),
        (Fault::key_reused("k"), FaultKind::KeyReused, 422, false),
        (Fault::still_running("s"), FaultKind::StillRunning, 409, true),
        (Fault::timeout(None), FaultKind::Timeout, 504, true),
        (Fault::unavailable("a"), FaultKind::Unavailable, 503, true),
        (Fault::outcome_unknown("o"), FaultKind::OutcomeUnknown, 500, false),
        (Fault::internal("t"), FaultKind::Internal, 500, false),
        (Fault::new(FaultKind::Panic, "p"), FaultKind::Panic, 500, false),
    ] {
        assert_eq!((fault.kind(), fault.is_transient()), (kind, transient));
        let effect = if kind == FaultKind::OutcomeUnknown { Effect::Unknown } else { Effect::Nothing };
        assert_eq!(fault.effect(), effect);
        assert!(fault.to_string().starts_with(kind.as_str()));
        assert_eq!(fault.into_problem().status, status, "{kind:?}");
    }
}

#[test]
fn a_fault_keeps_its_first_source_and_tells_clients_nothing_of_the_inside() {
    let fault = Fault::internal("the password is swordfish")
        .caused_by(std::io::Error::other("first"))
        .caused_by(std::io::Error::other("second"));
    assert_eq!(fault.source().unwrap().to_string(), "first");
    assert_eq!(fault.detail(), "the password is swordfish");
    let told = (&fault).into_problem();
    assert!(!told.to_string().contains("swordfish"), "{told}");
    let open = Fault::conflict("order 7 was changed").into_problem();
    assert_eq!(open.detail, "order 7 was changed");
    assert_eq!(Fault::unavailable("x").with_unknown_effect().effect(), Effect::Unknown);
    assert!(format!("{fault:?}").contains("first"));
    assert!(Fault::timeout(Some(std::time::Duration::from_secs(5))).detail().contains("5s"));
}

#[test]
fn a_fault_tells_of_fields_where_it_tells_of_itself() {
    let fields = || vec![FieldError { field: "lines[2].quantity".into(), detail: "at least 1".into() }];
    assert!(Fault::invalid("no").fields().is_empty());
    let invalid = Fault::invalid("the message breaks its own rules").with_fields(fields());
    assert_eq!(invalid.fields(), fields());
    assert_eq!(invalid.to_string(), "invalid: the message breaks its own rules; lines[2].quantity: at least 1");
    assert!(format!("{invalid:?}").contains("lines[2].quantity"));
    let told = serde_json::to_value(invalid.into_problem()).unwrap();
    assert_eq!(told["errors"], serde_json::json!([{"field": "lines[2].quantity", "detail": "at least 1"}]));
    let wrapped: cqrs_core::BoxError = DispatchError::<Fault>::Fault(Fault::invalid("i").with_fields(fields())).into();
    assert_eq!(wrapped.lift().unwrap_err().fields(), fields(), "also from among the sources of an error");
    let inside = Fault::internal("i").with_fields(fields()).into_problem();
    assert!(inside.errors.is_empty(), "what broke inside is not told");
}

#[test]
fn a_dispatch_error_is_one_or_the_other() {
    let rejected: DispatchError<&str> = DispatchError::Rejected("no");
    assert_eq!((rejected.rejection(), rejected.fault().is_none()), (Some(&"no"), true));
    assert!(matches!(rejected.map_rejection(str::len), DispatchError::Rejected(2)));
    let fault: DispatchError<&str> = Fault::conflict("c").into();
    assert!(fault.rejection().is_none());
    let fault = fault.map_rejection(str::len);
    assert_eq!(fault.fault().unwrap().kind(), FaultKind::Conflict);
    let shown: DispatchError<std::io::Error> = DispatchError::Rejected(std::io::Error::other("why"));
    assert_eq!(shown.to_string(), "why");
    assert_eq!(Fault::from(DispatchError::Rejected(Fault::conflict("c"))).kind(), FaultKind::Conflict);
}

#[derive(Debug, thiserror::Error, cqrs_core::Problem)]
#[problem(status = 409, type = "https://example.org/problems/order", title = "Order trouble")]
enum OrderError {
    #[error("no order {id}")]
    #[problem(status = 404)]
    Missing { id: u32 },
    #[error("it is shipped")]
    #[problem(type = "https://example.org/problems/shipped", title = "Shipped")]
    Shipped,
    #[error("locked by {0}")]
    Locked(String),
    #[error(transparent)]
    #[fault]
    Fault(#[from] Fault),
}

#[derive(Debug, thiserror::Error, cqrs_core::Problem)]
#[error("plain")]
struct Plain;

#[test]
fn derived_problems_say_what_the_attributes_say() {
    let told = |error: OrderError| {
        let problem = error.into_problem().into_members();
        (problem.status, problem.kind.into_owned(), problem.title.into_owned(), problem.detail)
    };
    let order = "https://example.org/problems/order".to_owned();
    assert_eq!(told(OrderError::Missing { id: 7 }), (404, order.clone(), "Order trouble".into(), "no order 7".into()));
    let shipped = "https://example.org/problems/shipped".to_owned();
    assert_eq!(told(OrderError::Shipped), (409, shipped, "Shipped".into(), "it is shipped".into()));
    assert_eq!(told(OrderError::Locked("ada".into())), (409, order, "Order trouble".into(), "locked by ada".into()));
    assert_eq!(Plain.into_problem().status, 422);
    assert_eq!(Plain.into_problem().kind, "about:blank");
    assert_eq!(OrderError::from(Fault::conflict("c")).into_problem().status, 409);
    assert!(OrderError::from(Fault::conflict("c")).lift().is_err());
    assert!(OrderError::Shipped.lift().is_ok());
    let nested: OrderError = DispatchError::<Fault>::Fault(Fault::unavailable("u")).into();
    assert_eq!(nested.lift().unwrap_err().kind(), FaultKind::Unavailable);
}

#[test]
fn problems_are_what_the_rfc_says() {
    let problem = Problem::unprocessable("two things")
        .with_type("https://example.org/invalid")
        .with_title("Invalid")
        .with_instance("/orders/7")
        .with_field("lines[0].quantity", "at least 1")
        .with("balance", 30)
        .with("status", "mine");
    let json = serde_json::to_value(&problem).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "type": "https://example.org/invalid", "title": "Invalid", "status": 422, "detail": "two things",
            "instance": "/orders/7", "errors": [{"field": "lines[0].quantity", "detail": "at least 1"}],
            "balance": 30, "x-status": "mine",
        })
    );
    assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    assert_eq!(problem.to_string(), "422 Invalid: two things; lines[0].quantity: at least 1");
    for (problem, status, title) in [
        (Problem::bad_request(""), 400, "Bad Request"),
        (Problem::unauthorized(""), 401, "Unauthorized"),
        (Problem::forbidden(""), 403, "Forbidden"),
        (Problem::not_found(""), 404, "Not Found"),
        (Problem::conflict(""), 409, "Conflict"),
        (Problem::unprocessable(""), 422, "Unprocessable Content"),
        (Problem::internal(""), 500, "Internal Server Error"),
        (Problem::unavailable(""), 503, "Service Unavailable"),
    ] {
        assert_eq!((problem.status, &*problem.title), (status, title));
        assert_eq!(problem.clone().into_problem(), problem, "a problem tells itself");
    }
}

#[test]
fn operation_results_are_neuroglias() {
    type R = OperationResult<u32>;
    for (result, status) in [(R::ok(1), 200), (R::created(1), 201), (R::accepted(1), 202)] {
        assert_eq!((result.status_code(), result.is_success(), result.value()), (status, true, Some(&1)));
        assert_eq!(result.error_message(), None);
        assert_eq!(result.into_result().unwrap(), Some(1));
    }
    let nothing = R::no_content();
    assert_eq!((nothing.status_code(), nothing.is_success(), nothing.value()), (204, true, None));
    for (result, status) in [
        (R::bad_request("why"), 400),
        (R::unauthorized("why"), 401),
        (R::forbidden("why"), 403),
        (R::not_found("why"), 404),
        (R::conflict("why"), 409),
        (R::unprocessable("why"), 422),
        (R::internal_error("why"), 500),
        (R::unavailable("why"), 503),
    ] {
        assert_eq!((result.status_code(), result.is_success(), result.value()), (status, false, None));
        assert_eq!(result.error_message(), Some("why"));
        assert!(!cqrs_core::Succeeds::is_success(&result));
        let back: R = serde_json::from_value(serde_json::to_value(&result).unwrap()).unwrap();
        assert_eq!(back, result);
        assert_eq!(result.clone().into_problem().status, status);
        assert_eq!(result.into_result().unwrap_err().status, status);
    }
}

proptest! {
    /// Whatever a message is called, the nearest name or none is offered, and nothing panics.
    #[test]
    fn any_name_and_any_bytes_are_answered(name in ".{0,40}", payload in proptest::collection::vec(any::<u8>(), 0..64)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bus = cqrs_core::Bus::builder().build();
        let answer = runtime.block_on(bus.dispatch_json(&name, &payload).into_future());
        prop_assert!(answer.is_err());
    }

    /// A problem survives being written and read, whatever the application puts into it.
    #[test]
    fn any_problem_survives_json(status in 400_u16..600, detail in ".*", name in "[a-z]{1,12}", value in ".*") {
        let problem = Problem::new(status, detail).with(name, value);
        let json = serde_json::to_string(&problem).unwrap();
        prop_assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), problem);
    }

    /// A correlation id is the same text after a journey, be it a UUID or not.
    #[test]
    fn any_correlation_survives_json(text in ".{0,60}") {
        let id = cqrs_core::CorrelationId::from(text.as_str());
        prop_assert_eq!(id.to_string(), text);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<cqrs_core::CorrelationId>(&json).unwrap(), id);
    }
}

#[test]
fn a_message_id_is_a_uuid() {
    let id = cqrs_core::MessageId::new();
    assert_eq!(cqrs_core::MessageId::from(id.as_uuid()), id);
    assert_eq!(id.as_uuid().get_version_num(), 7);
}

#[test]
fn a_uuid_is_one_correlation_id_however_it_came() {
    let text = "0192d1c2-7f00-7000-8000-000000000001";
    let id = cqrs_core::CorrelationId::from(text);
    assert_eq!(id.to_string(), text);
    for other in ["0192D1C2-7F00-7000-8000-000000000001", "0192d1c27f0070008000000000000001"] {
        let id = cqrs_core::CorrelationId::from(other);
        assert_eq!(id.to_string(), other, "text from outside comes back as it was");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<cqrs_core::CorrelationId>(&json).unwrap().to_string(), other);
    }
}
