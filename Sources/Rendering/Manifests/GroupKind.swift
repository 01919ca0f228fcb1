package import CapsuleCore
internal import Support

/// A kind of Kubernetes objects with its API group, in every version: `cert-manager.io/ClusterIssuer`.
package struct GroupKind: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The API group; empty for the core group.
    package let group: String
    /// The kind.
    package let kind: String

    init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    /// Parses `group/Kind`, or `Kind` for the core group.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(_ text: String) throws(CapsuleError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let (group, kind) = parts.count == 1 ? ("", parts[0]) : (parts[0], parts.last ?? "")
        let isKind =
            kind.unicodeScalars.first?.properties.isAlphabetic == true
            && kind.utf8.count <= 63
            && kind.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) }
        let isGroup =
            parts.count == 1
            || (group.utf8.count <= 253
                && group.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isDNSLabel(String($0)) })
        guard parts.count <= 2, isKind, isGroup else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(text)) is not a kind; write group/Kind without a version, such as cert-manager.io/ClusterIssuer"
            )
        }
        self.init(group: group, kind: kind)
    }

    /// `group/Kind`, or `Kind` for the core group.
    package var description: String { group.isEmpty ? kind : "\(group)/\(kind)" }

    /// Orders by group, then by kind.
    package static func < (left: GroupKind, right: GroupKind) -> Bool {
        (left.group, left.kind) < (right.group, right.kind)
    }

    /// True when the scope of the kind is fixed by Kubernetes itself, and this one is not the given scope.
    package func contradictsKubernetes(isClusterScoped: Bool) -> Bool {
        let scope = KubernetesScope.builtIn(group: group, kind: kind)
        return scope != .unknown && scope != (isClusterScoped ? .cluster : .namespace)
    }
}
