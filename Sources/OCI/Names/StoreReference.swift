internal import Support

/// The name of a store of OCI content: a repository on a registry, an image layout on disk, or a layout in one tar file.
public enum StoreReference: Hashable, Sendable, CustomStringConvertible {
    /// A repository on a registry.
    case registry(Repository)
    /// `oci:PATH`: an OCI image layout directory.
    case layout(path: String)
    /// `oci-archive:FILE`: an OCI image layout in a tar file.
    case archive(path: String)

    /// True for a repository on a registry.
    package var isRegistry: Bool { if case .registry = self { true } else { false } }

    /// Parses the text that ``description`` returns. Colons belong to the path: no part of it is a tag.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    public init(_ description: String) throws(OCIError) {
        for (scheme, make) in [("oci:", StoreReference.layout), ("oci-archive:", StoreReference.archive)]
        where description.utf8.starts(with: scheme.utf8) {
            let path = String(Substring(description.utf8.dropFirst(scheme.utf8.count)))
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw OCIError(.invalidName, "\(quoted(description)) names no path")
            }
            self = make(path)
            return
        }
        self = .registry(try Repository(description))
    }

    /// The text that parses to this reference.
    public var description: String {
        switch self {
        case .registry(let repository): repository.description
        case .layout(let path): "oci:\(path)"
        case .archive(let path): "oci-archive:\(path)"
        }
    }
}
