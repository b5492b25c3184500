//! Tests of this part; see the module of the same name.
