internal import Archive
internal import Documents
internal import OCI
package import Support

/// Builds a capsule from a commit's package, its image and its metadata. `format.md` §2 to §7.
package enum CapsuleBuilder {
    /// Builds a capsule in memory. No file is read or written: the same request gives the same bytes on any machine.
    ///
    /// - Throws: `CapsuleError.Code.invalidPackage` with every finding; `.invalidMetadata` when a supplied SBOM or
    ///   provenance does not fit the release; `.limitExceeded` for a limit of the format; `.invalidName` when an image does
    ///   not carry the release's identity.
    package static func build(_ request: BuildRequest) throws -> BuiltCapsule {
        try checkImages(request)
        var findings = PackageLint.check(
            request.package, imageName: request.imageName, pinnedNames: request.images.compactMap(\.name))
        // The images of an open package are not all known.
        if !findings.contains(where: { $0.severity == .error }),
            let finding = PackageImageName.check(
                request.package, imageName: request.imageName, repository: request.image.repoURL.description)
        {
            findings.append(finding)
        }
        if request.strict {
            for index in findings.indices { findings[index].severity = .error }
        }
        if findings.contains(where: { $0.severity == .error }) {
            throw CapsuleError(
                .invalidPackage, "the package of commit \(request.commit.short) cannot be released", findings: findings)
        }
        let release = try release(request)
        let sbom = try sbom(request, release)
        let provenance = try provenance(request, release)
        return try seal(
            release, request.package, sbom: sbom, provenance: provenance, form: request.form,
            committed: request.committed, warnings: findings, foundValues: foundValues(request))
    }

    /// Packs the parts of a release: the last step of a build, and of the conversion of a pair to a capsule.
    ///
    /// - Parameter committed: the commit's committer time, in seconds since 1970.
    /// - Throws: `CapsuleError.Code.limitExceeded`, `.invalidPackage`; `DocumentError`
    package static func seal(
        _ release: ReleaseManifest, _ package: PackageTree, sbom: [UInt8], provenance: [UInt8], form: ReleaseForm,
        committed: Int64, warnings: [Finding] = [], foundValues: String? = nil
    ) throws -> BuiltCapsule {
        let layer = try layer(release, package, sbom: sbom, provenance: provenance, form: form, committed: committed)
        let config = try CapsuleConfig(
            form == .capsule ? .release(release) : .package(release.package), created: committed,
            unpackedLayer: Digest(algorithm: .sha256, hash: layer.unpackedSHA256)
        ).encoded()
        let manifest = try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: MediaType.imageConfig, content: config),
                layers: [
                    Descriptor(
                        mediaType: MediaType.layerTarGzip, content: layer.bytes,
                        annotations: [CapsuleFormat.Annotation.title: CapsuleFormat.layerTitle])
                ],
                annotations: CapsuleFormat.annotations(of: release, form: form, committed: committed)))
        return BuiltCapsule(
            form: form, manifest: manifest, config: config, layer: layer.bytes, sbom: sbom, provenance: provenance,
            release: release, warnings: warnings, foundValues: foundValues)
    }

    /// A message about the values that a render will find in the chart, since the release does not record them.
    private static func foundValues(_ request: BuildRequest) -> String? {
        guard request.package.kind == .helm, request.values == nil else { return nil }
        let search = HelmImageSearch(
            request.package.files, application: request.image.repoURL.description, imageName: request.imageName,
            others: request.images.filter { $0.tag == request.image.tag }
                .compactMap { image in image.name.map { ($0, image.repoURL.description) } })
        if let values = search.application {
            return "the chart takes the application image from \(values.summary), found in its values; if these are "
                + "the wrong ones, name others in helm.values of capsule.yaml"
        }
        let places = search.choices.isEmpty ? "no image" : "several images: \(search.choices.joined(separator: ", "))"
        return
            "the chart's values name \(places); name the values of the application image in helm.values of capsule.yaml"
    }

    private static func checkImages(_ request: BuildRequest) throws(CapsuleError) {
        let identity = ReleaseIdentity(commit: request.commit)
        guard request.image.tag == identity.tag else {
            throw CapsuleError(
                .invalidName,
                "image \(request.image.repoURL):\(request.image.tag) does not carry the identity of the commit; push it as "
                    + "\(request.image.repoURL):\(identity)")
        }
        for image in [request.image] + request.images where image.digest == nil {
            throw CapsuleError(
                .invalidName,
                "image \(image.repoURL):\(image.tag) has no digest; resolve the tag, or write "
                    + "\(image.repoURL):\(image.tag)@sha256:…")
        }
        for image in request.images {
            guard let name = image.name, name != request.imageName else {
                throw CapsuleError(
                    .invalidName,
                    "image \(image.repoURL):\(image.tag) needs a name in the package that no other image has")
            }
            // A tag with the form of a release identity must be the identity of this release.
            if let other = try? ReleaseIdentity(image.tag.description), other != identity {
                throw CapsuleError(
                    .invalidName,
                    "image \(image.repoURL):\(image.tag), \(quoted(name)) in the package, belongs to another release; push it "
                        + "as \(image.repoURL):\(identity)")
            }
        }
    }

    private static func release(_ request: BuildRequest) throws -> ReleaseManifest {
        let package = request.package
        let source = ReleaseManifest.Source(
            repository: SourceURL.withoutCredentials(request.source.repository), path: request.source.path)
        var image = request.image
        image.name = nil
        let release = ReleaseManifest(
            gitCommit: request.commit, source: source, image: image,
            package: .init(
                kind: package.kind, path: try RelativePath(package.kind.path), entry: package.entry,
                imageName: request.imageName, digest: package.digest, values: request.values),
            images: request.images.isEmpty ? nil : request.images.sorted { ($0.name ?? "") < ($1.name ?? "") },
            metadata: .init(
                sbomPath: try RelativePath(CapsuleFormat.sbomPath),
                provenancePath: try RelativePath(CapsuleFormat.provenancePath)))
        // Decoding the text as every reader does finds violations of the schema before anything is packed.
        guard try ReleaseManifest.decode(yaml: Array(release.yaml().utf8)) == release else {
            throw DocumentError(
                .invalidDocument, "the written release.yaml decodes to other values; report this as a bug")
        }
        return release
    }

    private static func sbom(_ request: BuildRequest, _ release: ReleaseManifest) throws(CapsuleError) -> [UInt8] {
        guard let supplied = request.sbom else {
            return try SBOM.generate(release, package: request.package, committed: request.committed)
        }
        let findings = SBOM.check(
            supplied, image: release.image, platforms: request.platforms, package: request.package)
        guard findings.isEmpty else {
            throw CapsuleError(
                .invalidMetadata, "the SBOM does not fit release \(release.identity)", findings: findings)
        }
        return supplied
    }

    private static func provenance(_ request: BuildRequest, _ release: ReleaseManifest) throws(CapsuleError)
        -> [UInt8]
    {
        guard let supplied = request.provenance else { return try Provenance.generate(release, run: request.run) }
        let findings = Provenance.check(
            supplied, image: release.image, platforms: request.platforms, packageDigest: request.package.digest,
            commit: release.gitCommit,
            source: release.source?.repository)
        guard findings.isEmpty else {
            throw CapsuleError(
                .invalidMetadata, "the provenance does not fit release \(release.identity)", findings: findings)
        }
        return supplied
    }

    private static func layer(
        _ release: ReleaseManifest, _ package: PackageTree, sbom: [UInt8], provenance: [UInt8], form: ReleaseForm,
        committed: Int64
    ) throws(CapsuleError) -> PackedLayer {
        let record = LayerItem.file(path: CapsuleFormat.releasePath, content: Array(release.yaml().utf8))
        let items =
            (form == .capsule ? [record] : []) + [
                .file(path: CapsuleFormat.sbomPath, content: sbom),
                .file(path: CapsuleFormat.provenancePath, content: provenance),
            ] + package.files.map { .file(path: "\(release.package.path)/\($0.path)", content: $0.content) }
        do {
            return try LayerWriter.pack(items, modified: committed, kind: form.layer)
        } catch {
            throw CapsuleError(
                error.code == .tooLarge ? .limitExceeded : .invalidPackage,
                "the \(form.artifact) cannot be packed: \(error.message)",
                cause: error)
        }
    }
}
