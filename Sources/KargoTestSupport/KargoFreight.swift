internal import Documents
internal import OCI

/// A piece of Freight: what a Warehouse found, under the name that Kargo gave it.
public struct KargoFreight: Sendable {
    /// An image of it.
    public struct Image: Sendable {
        /// Where it is, as the Warehouse subscribes to it.
        public var repoURL: String
        /// Its tag.
        public var tag: String
        /// Its digest.
        public var digest: String
        /// The annotations of its manifest, as far as the Warehouse keeps them.
        public var annotations: [String: String]

        /// Describes an image.
        public init(repoURL: String, tag: String, digest: String, annotations: [String: String] = [:]) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
            self.annotations = annotations
        }
    }

    /// Its name.
    public var name: String
    /// The Warehouse that it comes from.
    public var warehouse: String
    /// Its images.
    public var images: [Image]

    /// Describes a piece of Freight.
    public init(name: String, warehouse: String, images: [Image]) {
        self.name = name
        self.warehouse = warehouse
        self.images = images
    }

    /// The image of a repository as `imageFrom()` returns it; nil when there is none.
    func image(_ repoURL: String) -> JSONValue? {
        images.first { $0.repoURL == repoURL }.map { image in
            .members([
                "RepoURL": .string(image.repoURL), "Tag": .string(image.tag), "Digest": .string(image.digest),
                "Annotations": .object(
                    image.annotations.sorted { $0.key < $1.key }.map {
                        JSONMember(key: $0.key, value: .string($0.value))
                    }
                ), "SubscriptionName": "",
            ])
        }
    }
}
