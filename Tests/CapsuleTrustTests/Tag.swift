import OCI

/// The tag of a reference. `Testing` has a type with the same name.
typealias Tag = OCI.Tag
