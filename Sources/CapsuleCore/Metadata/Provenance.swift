package import Documents
internal import OCI

/// The provenance of a capsule: an in-toto Statement with an SLSA provenance predicate, at `metadata/provenance.json`.
///
/// [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md),
/// [SLSA provenance v1](https://slsa.dev/spec/v1.0/provenance)
package enum Provenance {
    /// The type of the statement that we write.
    package static let statementType = "https://in-toto.io/Statement/v1"
    /// The older type that is read too.
    package static let legacyStatementType = "https://in-toto.io/Statement/v0.1"
    /// The type of the predicate that we write.
    package static let predicateType = "https://slsa.dev/provenance/v1"
    /// The older predicate that is read too.
    package static let legacyPredicateType = "https://slsa.dev/provenance/v0.2"
    /// The build type of our `buildDefinition`: a package, taken from a commit and packed as `format.md` says.
    package static let buildType = "https://release-capsule.io/build/v1"
    /// The builder id when the caller names none. It does not identify a particular builder.
    package static let defaultBuilder = "https://release-capsule.io/builder/local/v1"

    /// Writes the provenance of a release: the same bytes for the same inputs.
    ///
    /// - Throws: `CapsuleError.Code.invalidMetadata` when an image or the package has no digest.
    package static func generate(_ release: ReleaseManifest, run: BuildRun? = nil) throws(CapsuleError) -> [UInt8] {
        guard let package = release.package.digest, let imageName = PackageURL.text(release.image) else {
            throw CapsuleError(.invalidMetadata, "provenance needs the digests of the image and of the package")
        }
        let statement = JSONValue.members([
            "_type": .string(statementType),
            "subject": .array([
                subject(imageName, release.image.digest ?? package),
                subject(release.package.path.description, package),
            ]),
            "predicateType": .string(predicateType),
            "predicate": try predicate(release, run: run),
        ])
        return Array(statement.text.utf8)
    }

    /// The provenance of a release, by our own build type.
    ///
    /// - Throws: as `generate(_:run:)`
    package static func predicate(_ release: ReleaseManifest, run: BuildRun? = nil) throws(CapsuleError) -> JSONValue {
        let source = release.source
        let external = JSONValue.members([
            "source": .members([
                "repository": source.map { .string(SourceURL.withoutCredentials($0.repository)) },
                "path": source?.path.map { .string($0) },
                "commit": .string(release.gitCommit.description),
                "ref": run?.ref.map { .string($0) },
                "workflow": run?.workflow.map { .string($0) },
            ]),
            "image": .string("\(release.image.repoURL):\(release.image.tag)"),
            "package": .members([
                "kind": .string(release.package.kind.rawValue),
                "entry": release.package.entry.map { .string($0.description) },
                "imageName": release.package.imageName.map { .string($0) },
            ]),
        ])
        return .members([
            "buildDefinition": .members([
                "buildType": .string(buildType),
                "externalParameters": external,
                "internalParameters": .members(["packing": release.packing.map { .number(String($0)) }]),
                "resolvedDependencies": .array(try dependencies(release)),
            ]),
            "runDetails": .members([
                "builder": .members(["id": .string(run?.builderID ?? defaultBuilder)]),
                "metadata": run.flatMap(metadata),
            ]),
        ])
    }

    /// The `runDetails.metadata` of a run; nil when the run has none.
    package static func metadata(_ run: BuildRun) -> JSONValue? {
        let value = JSONValue.members([
            "invocationId": run.invocationID.map { .string($0) },
            "startedOn": run.started.map { .string(CapsuleFormat.timestamp($0)) },
            "finishedOn": run.finished.map { .string(CapsuleFormat.timestamp($0)) },
        ])
        return value.members?.isEmpty == true ? nil : value
    }

    /// The resolved dependencies of a release: its source at its commit, and the images by their digests.
    ///
    /// - Throws: `CapsuleError.Code.invalidMetadata` when an image has no digest.
    package static func dependencies(_ release: ReleaseManifest) throws(CapsuleError) -> [JSONValue] {
        let uri = release.source.map { source in
            SourceURL.gitURI(source.repository, commit: release.gitCommit)
                ?? SourceURL.withoutCredentials(source.repository)
        }
        var dependencies: [JSONValue] = [
            .members([
                "uri": uri.map { .string($0) },
                "digest": .members(["gitCommit": .string(release.gitCommit.description)]),
            ])
        ]
        for image in [release.image] + (release.images ?? []) {
            guard let digest = image.digest, let name = PackageURL.text(image) else {
                throw CapsuleError(.invalidMetadata, "image \(image.repoURL):\(image.tag) has no digest")
            }
            dependencies.append(
                .members([
                    "uri": .string(name), "digest": .members([digest.algorithm.rawValue: .string(digest.hex)]),
                ]))
        }
        return dependencies
    }

    private static func subject(_ name: String, _ digest: Digest) -> JSONValue {
        .members(["name": .string(name), "digest": .members([digest.algorithm.rawValue: .string(digest.hex)])])
    }
}
