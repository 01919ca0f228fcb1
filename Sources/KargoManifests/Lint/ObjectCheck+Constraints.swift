internal import CapsuleCore
internal import Documents
internal import KargoExpressions
internal import Support

extension ObjectCheck {
    /// The field of each kind of subscription that limits the versions. Kargo ignores the other field, so the
    /// subscription has no constraint at all.
    private static let constraints = [
        (kind: "image", field: "constraint", other: "semverConstraint"),
        (kind: "git", field: "semverConstraint", other: "constraint"),
        (kind: "chart", field: "semverConstraint", other: "constraint"),
    ]

    /// Checks the constraints of a Warehouse's subscriptions.
    mutating func checkConstraints() {
        for subscription in object.node["spec"]?["subscriptions"]?.sequence ?? [] {
            for (kind, field, other) in Self.constraints {
                guard let node = subscription[kind] else { continue }
                if let misnamed = node[other] {
                    report(
                        "constraint", at: misnamed,
                        "the field \(other) has no effect in \(kind == "image" ? "an image" : "a \(kind)") subscription",
                        "write \(field)")
                }
                guard let value = node[field], !value.isNull else { continue }
                guard let text = JSONValue(manifest: value).string else {
                    report("constraint", at: value, "Kubernetes does not read \(field) as a string", "quote it")
                    continue
                }
                guard Self.isRange(kind, node), !text.isEmpty, VersionRange(text) == nil else { continue }
                report(
                    "constraint", at: value, "\(quoted(text)) is not a range of semantic versions",
                    "write one, such as ^1.2.0 or \">=1.0.0 <2.0.0\"")
            }
        }
    }

    /// True when the constraint is a range of versions. With the strategy Digest, it is the name of a tag.
    private static func isRange(_ kind: String, _ subscription: YAMLNode) -> Bool {
        switch kind {
        case "image": subscription["imageSelectionStrategy"]?.string ?? "SemVer" == "SemVer"
        case "git": subscription["commitSelectionStrategy"]?.string == "SemVer"
        default: true
        }
    }
}
