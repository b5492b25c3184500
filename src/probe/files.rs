//! Files of the description.
