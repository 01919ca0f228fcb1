public import CapsuleCore
internal import Documents
internal import Support

/// The difference between two sets of manifests, object by object and field by field.
///
/// Two objects are the same when their group, kind, namespace and name are equal, so a new API version is a changed
/// field. The values of a Secret are left out; the diff only reports that they changed.
public struct ManifestDiff: Codable, Hashable, Sendable {
    /// The kind of change of an object.
    public enum Change: String, Codable, Hashable, Sendable {
        /// Only the new side has it.
        case added
        /// Only the old side has it.
        case removed
        /// Its fields differ.
        case changed
    }

    /// One object that differs.
    public struct Object: Codable, Hashable, Sendable {
        /// The kind of change.
        public let change: Change
        /// The kind; nil for a file that is not one object.
        public let kind: String?
        /// The API group and version, of the new side where there is one.
        public let apiVersion: String?
        /// The namespace; nil when the object does not name one.
        public let namespace: String?
        /// The name; for a file that is not one object, the file's; empty for a hook whose name is generated.
        public let name: String
        /// `metadata.generateName` of a hook without a name; otherwise nil.
        public let generateName: String?
        /// The file, of the new side where there is one.
        public let file: RelativePath
        /// The fields that differ; empty for an object that is added or removed.
        public let fields: [Field]

        /// `Deployment staging/web`, quoted when it contains characters that Kubernetes does not allow in names.
        public var title: String {
            let label = generateName.map { HookName.label($0, in: file) } ?? name
            return quotedTitle((kind.map { "\($0) " } ?? "") + (namespace.map { "\($0)/" } ?? "") + label)
        }
    }

    /// One field that differs: a scalar, or an empty list or mapping.
    public struct Field: Codable, Hashable, Sendable {
        /// The path of the field: `spec.template.spec.containers[web].image`.
        public let path: String
        /// The old value; nil when the field is added.
        public let old: String?
        /// The new value; nil when the field is removed.
        public let new: String?
        /// True when the values belong to a Secret and are hidden: both texts are then the same.
        public let isSecret: Bool
    }

    /// The text that replaces a value of a Secret.
    public static let hiddenValue = "(secret)"

    /// The objects that differ, in the order of kind, namespace and name.
    public let objects: [Object]

    /// True when nothing differs. A file of which only the text differs, for example a comment, is reported as changed.
    public var isEmpty: Bool { objects.isEmpty }

    /// The number of objects with this kind of change.
    public func count(_ change: Change) -> Int { objects.count { $0.change == change } }

    /// Compares two sets of files with one object in each, as a stage branch contains them.
    public static func between(_ old: [PackageFile], _ new: [PackageFile]) -> ManifestDiff {
        let before = ObjectIndex(old)
        let after = ObjectIndex(new)
        let keys = Set(before.entries.keys).union(after.entries.keys).sorted()
        var budget = StepBudget(limit: FieldComparison.maximumSteps)
        return ManifestDiff(
            objects: keys.compactMap { key in compare(before.entries[key], after.entries[key], key, &budget) })
    }

    private static func compare(
        _ old: ObjectIndex.Entry?, _ new: ObjectIndex.Entry?, _ key: ObjectKey, _ budget: inout StepBudget
    ) -> Object? {
        guard let entry = new ?? old, old?.content != new?.content else { return nil }
        var fields: [Field] = []
        if let old, let new {
            let isSecret = key.kind == "Secret" && key.group.isEmpty
            // A file that is not one object may still contain a Secret.
            let isOpaque = [old, new].contains { $0.header == nil && $0.node.string?.contains("Secret") == true }
            fields = FieldComparison.compare(old.node, new.node, isSecret: isSecret, hidden: isOpaque, budget: &budget)
        }
        return Object(
            change: old == nil ? .added : new == nil ? .removed : .changed, kind: entry.header?.kind,
            apiVersion: entry.header?.apiVersion, namespace: entry.header?.namespace,
            name: entry.header?.name ?? entry.file.description, generateName: entry.header?.generateName,
            file: entry.file, fields: fields)
    }
}
