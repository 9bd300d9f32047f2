//! Tests that span the parts live in `tests/tests/`, one binary a subject; this library is empty.
