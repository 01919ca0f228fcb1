internal import CapsuleTrust
internal import Documents
internal import OCI

extension Freight {
    /// Reads the object `freight` of a request. The store of the capsule must be a registry: `repository`.
    init(_ top: StrictObject) throws(DocumentError) {
        let freight = try top.requiredObject("freight", keys: ["image", "capsule"])
        let subject = ["repoURL", "tag", "digest"]
        let image = try Image(freight.requiredObject("image", keys: subject))
        let capsule = try Image(freight.requiredObject("capsule", keys: subject))
        self.init(
            image: image,
            capsule: .init(repoURL: capsule.repoURL.description, tag: capsule.tag, digest: capsule.digest))
    }

    /// The repositories of the image and the capsule.
    ///
    /// - Throws: `OCIError` for freight that was read from a damaged file.
    func repositories() throws(OCIError) -> [Repository] { [image.repoURL, try Repository(capsule.repoURL)] }
}

extension Freight.Image {
    init(_ object: StrictObject) throws(DocumentError) {
        self.init(
            repoURL: try object.requiredParsed("repoURL") { try Repository($0) },
            tag: try object.requiredParsed("tag") { try Tag($0) },
            digest: try object.requiredParsed("digest") { try Digest($0, naming: "an image or a capsule") })
    }
}
