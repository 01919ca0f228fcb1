internal import Documents
internal import OCI

/// A piece of Freight: the artifacts that a Warehouse discovered.
package struct KargoFreight: Sendable {
    /// An image of the Freight.
    package struct Image: Sendable {
        /// The repository of the subscription.
        package var repoURL: String
        package var tag: String
        package var digest: String
        /// The annotations of the manifest that the Warehouse keeps.
        package var annotations: [String: String]

        package init(repoURL: String, tag: String, digest: String, annotations: [String: String] = [:]) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
            self.annotations = annotations
        }
    }

    package var name: String
    package var warehouse: String
    package var images: [Image]

    package init(name: String, warehouse: String, images: [Image]) {
        self.name = name
        self.warehouse = warehouse
        self.images = images
    }

    /// The result of `imageFrom()` for a repository; nil when the Freight has no image from it.
    func image(_ repoURL: String) -> JSONValue? {
        images.first { $0.repoURL == repoURL }.map { image in
            .members([
                "RepoURL": .string(image.repoURL), "Tag": .string(image.tag), "Digest": .string(image.digest),
                "Annotations": .sorted(image.annotations.mapValues { .string($0) }), "SubscriptionName": "",
            ])
        }
    }
}

extension JSONValue {
    /// An object with its members sorted by key.
    static func sorted(_ members: [String: JSONValue]) -> JSONValue {
        .object(members.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: $0.value) })
    }
}
