//! What generated code is made of, where a template says it better than tokens do.

/// Not public API: the path of something in the module that it stands in.
#[doc(hidden)]
#[macro_export]
macro_rules! __path {
    ($name:literal) => {
        ::core::concat!(::core::module_path!(), "::", $name)
    };
}

/// Not public API: the place of the declaration that it stands in.
#[doc(hidden)]
#[macro_export]
macro_rules! __place {
    ($name:literal) => {
        $crate::Place { path: $crate::__private::path!($name), file: ::core::file!(), line: ::core::line!() }
    };
}

/// Not public API: the way to a handler, for a type that the user's crate may name in public. The handler's own
/// type is as private as what the handler takes, and an associated type shows nothing private.
#[doc(hidden)]
#[macro_export]
macro_rules! __begin_here {
    ($here:ident, $handler:ident) => {
        #[automatically_derived]
        impl<C: $crate::Message> $crate::__private::Begin<C> for $here
        where
            $handler: $crate::__private::Handler<C>,
        {
            #[inline(always)]
            fn wire(__bus: &$crate::Bus) -> $crate::__private::Wiring<'_> {
                <$crate::__private::Here<$handler> as $crate::__private::Begin<C>>::wire(__bus)
            }
            fn handler(__bus: &$crate::Bus) -> &'static $crate::__private::HandlerInfo {
                <$crate::__private::Here<$handler> as $crate::__private::Begin<C>>::handler(__bus)
            }
            #[inline(always)]
            fn running(__wired: &$crate::__private::Wired) -> $crate::__private::Running {
                <$crate::__private::Here<$handler> as $crate::__private::Begin<C>>::running(__wired)
            }
            #[inline(always)]
            fn start<'a>(
                __fresh: &mut $crate::__private::Fresh<'a, C>,
                __context: ::core::option::Option<$crate::Context>,
                __wired: &'a $crate::__private::Wired,
                __cx: &mut ::core::task::Context<'_>,
            ) -> $crate::__private::Begun<'a, C> {
                <$crate::__private::Here<$handler> as $crate::__private::Begin<C>>::start(
                    __fresh, __context, __wired, __cx,
                )
            }
        }
    };
}

/// Not public API: puts a declaration into the registry.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "inventory")]
macro_rules! __submit {
    ($kind:ident($info:expr)) => {
        $crate::__private::inventory::submit! { $crate::__private::Entry::$kind($info) }
    };
}

/// Not public API: without the registry nothing registers itself, and what would have is no dead code.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "inventory"))]
macro_rules! __submit {
    ($kind:ident($info:expr)) => {
        const _: $crate::__private::Entry = $crate::__private::Entry::$kind($info);
    };
}

/// Not public API: how the answers of a query are kept.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "cache")]
macro_rules! __cached {
    ($query:ty, $ttl:expr, $capacity:expr, $shared:expr, [$($event:ty),*]) => {
        $crate::__private::Cache::of::<$query>($ttl, $capacity, $shared, &[$($crate::__private::event::<$event>()),*])
    };
}

/// Not public API: without the feature nothing keeps answers.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "cache"))]
macro_rules! __cached {
    ($($_:tt)*) => {
        ::core::compile_error!(
            "`cache` needs the feature `cache` of `cqrs-core`: cqrs-core = { .., features = [\"cache\"] }"
        )
    };
}

/// Not public API: the route of a message.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "http")]
macro_rules! __route {
    ($kind:ident $message:ident $name:literal: $method:ident $path:literal $(, $option:ident($value:expr))*) => {{
        static KNOWN: $crate::__private::KnownFields = $crate::__private::KnownFields::new();
        $crate::__private::HttpInfo::$kind::<$message>(
            $crate::__private::Method::$method,
            $path,
            $crate::__private::place!($name),
            &KNOWN,
        )
        $(.$option($value))*
    }};
}

/// Not public API: without the feature nothing has a route.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "http"))]
macro_rules! __route {
    ($($_:tt)*) => {
        ::core::compile_error!(
            "`http` needs the feature `http` of `cqrs-core`: cqrs-core = { .., features = [\"http\"] }"
        )
    };
}

/// Not public API: how a message with a route is answered, and what its output has to be for that.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "http")]
macro_rules! __routed {
    (
        $message:ident answers $output:ty $(, $asked:ident($form:expr))*
        $(; located at [$($text:literal),*] by [$($part:expr),*] of $value:ident)?
    ) => {
        #[automatically_derived]
        impl $crate::__private::Routed for $message {
            fn form() -> impl $crate::__private::Form<$output> {
                $crate::__private::form!($output)
            }
            $(
                const LOCATED: bool = true;
                fn location(output: &$output) -> ::core::option::Option<::std::string::String> {
                    let $value = $crate::__private::form!($output).value(output)?;
                    ::core::option::Option::Some($crate::__private::located(&[$($text),*], &[$($part),*]))
                }
            )?
        }
        $(const _: fn() = || $crate::__private::FormOf::$asked($form);)*
    };
}

/// Not public API: without the feature nothing has a route, which is said elsewhere.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "http"))]
macro_rules! __routed {
    ($($_:tt)*) => {};
}

/// Not public API: how an output is answered, by what its type is.
#[doc(hidden)]
#[macro_export]
macro_rules! __form {
    ($type:ty) => {{
        #[allow(unused_imports, reason = "some outputs have a form of their own")]
        use $crate::__private::ToForm as _;
        $crate::__private::Probe::<$type>::form()
    }};
}

/// Not public API: whether a type is, or holds, an aggregate.
#[doc(hidden)]
#[macro_export]
macro_rules! __aggregate {
    ($type:ty) => {{
        #[allow(unused_imports, reason = "an aggregate answers for itself")]
        use $crate::__private::Otherwise as _;
        $crate::__private::Probe::<$type>::AGGREGATE
    }};
}

/// Not public API: whether a type is the bus.
#[doc(hidden)]
#[macro_export]
macro_rules! __bus {
    ($type:ty) => {{
        #[allow(unused_imports, reason = "the bus answers for itself")]
        use $crate::__private::Otherwise as _;
        $crate::__private::Probe::<$type>::BUS
    }};
}

/// Not public API: tells rejection and fault apart, by what the error type implements.
#[doc(hidden)]
#[macro_export]
macro_rules! __sort {
    ($error:ty, $returned:expr) => {{
        #[allow(unused_imports, reason = "an error that carries faults answers for itself")]
        use $crate::__private::Otherwise as _;
        $crate::__private::Probe::<$error>::sort($returned)
    }};
}

/// Not public API: whether an output is a success, by what its type implements.
#[doc(hidden)]
#[macro_export]
macro_rules! __succeeded {
    ($type:ty, $output:expr) => {{
        #[allow(unused_imports, reason = "an output with an opinion answers for itself")]
        use $crate::__private::Otherwise as _;
        $crate::__private::Probe::<$type>::is_success($output)
    }};
}
