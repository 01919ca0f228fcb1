internal import Support
internal import Synchronization

/// Copies a manifest and everything that it refers to from one store to another. Push, pull, save and load are such
/// copies.
///
/// Children are written before parents and the tag last, so no reader of the destination sees a part. Content that exists
/// there is not transferred again, so an interrupted copy continues where it stopped. Everything is verified before it gets
/// its final name. Attached content is copied too: referrers, their referrers, and cosign's `sha256-<hex>.sig`, `.att` and
/// `.sbom` tags. The index behind the fallback tag of registries without the referrers API is not copied as such, because it
/// would replace the destination's list; each manifest that it lists is stored, and the destination keeps its own index.
///
/// - Parameter tag: the tag at the destination; nil leaves the copy without a tag.
/// - Throws: `OCIError.Code.tagExists` when the tag names other content there (before anything is transferred),
///   `.contentMismatch`, `.tooLarge`, `.invalidManifest`, `.notFound`, and the errors of the two stores.
@discardableResult
public func copy(
    _ root: Descriptor, from source: any ContentSource, to sink: any ContentSink, tag: Tag?,
    options: CopyOptions = .init()
) async throws -> CopyReport {
    try await CopyRun(root: root, source: source, sink: sink, tag: tag, options: options).run()
}

/// The state of one copy.
private struct CopyRun {
    let root: Descriptor
    let source: any ContentSource
    let sink: any ContentSink
    let tag: Tag?
    let options: CopyOptions

    func run() async throws -> CopyReport {
        if let tag, !options.replaceTag { try await sink.checkFree(tag, for: root) }
        let plan = try await CopyPlan(root, in: source, options: options)
        let evidence = try await evidenceToTag(plan)
        options.progress?(.planned(items: plan.items, bytes: plan.bytes))
        var report = CopyReport(digest: root.digest, tag: tag)
        report.count(try await concurrently(plan.blobs, width: options.width) { try await move($0) })
        for level in plan.levels {
            let groups = Dictionary(grouping: level) { plan.subjects[$0.digest] }
            report.count(try await concurrently(groups[nil] ?? [], width: options.width) { try await move($0) })
            // One subject after the other, and all that refers to it together: where a registry keeps the list of referrers
            // in a tag, it is written once.
            for subject in groups.keys.compactMap({ $0 }).sorted() {
                report.count(try await attach(groups[subject] ?? [], to: subject))
            }
        }
        for item in evidence { try await setTag(item.tag, item.manifest) }
        if let tag {
            try await setTag(tag, root, once: !options.replaceTag)
        } else {
            try await sink.keep(root)
        }
        report.attached = plan.attached.sorted()
        report.passedOver = plan.foreign.sorted()
        report.evidenceTags = plan.evidenceTags.map(\.tag)
        return report
    }

    private func attach(_ manifests: [Descriptor], to subject: Digest) async throws -> [(CopyReport.Outcome, Int64)] {
        try Task.checkCancellation()
        let found = try await concurrently(manifests, width: options.width) { try await sink.contains($0) }
        let outcomes = zip(manifests, found).map { ($0, $1 ? CopyReport.Outcome.present : .copied) }
        try await sink.attach(
            outcomes.filter { $1 == .copied }.map(\.0), stored: outcomes.filter { $1 == .present }.map(\.0),
            to: subject,
            from: MeteredSource(source, progress: options.progress))
        for (manifest, outcome) in outcomes { options.progress?(.finished(manifest, outcome)) }
        return outcomes.map { ($1, $1 == .copied ? $0.size : 0) }
    }

    private func move(_ descriptor: Descriptor) async throws -> (CopyReport.Outcome, Int64) {
        try Task.checkCancellation()
        if try await sink.contains(descriptor) {
            options.progress?(.finished(descriptor, .present))
            return (.present, 0)
        }
        let metered = MeteredSource(source, progress: options.progress)
        try await sink.store(descriptor, from: metered)
        let bytes = metered.bytes
        let outcome: CopyReport.Outcome = bytes == 0 && descriptor.size > 0 ? .mounted : .copied
        options.progress?(.finished(descriptor, outcome))
        return (outcome, bytes)
    }

    private func setTag(_ tag: Tag, _ manifest: Descriptor, once: Bool = false) async throws {
        try Task.checkCancellation()
        if once {
            try await sink.tagOnce(manifest.target, as: tag)
        } else {
            try await sink.tag(manifest.target, as: tag)
        }
        options.progress?(.tagged(tag, manifest.target))
    }

    /// The evidence tags to set: those that the destination lacks, or has with less evidence. A tag at the destination
    /// that has all of the source's evidence and more is kept. Throws when each tag has evidence that the other lacks.
    private func evidenceToTag(_ plan: CopyPlan) async throws -> [CopyPlan.EvidenceTag] {
        guard let there = sink as? any ContentSource else { return plan.evidenceTags }
        var result: [CopyPlan.EvidenceTag] = []
        for item in plan.evidenceTags {
            guard let old = try await there.resolve(item.tag) else {
                result.append(item)
                continue
            }
            if old.digest == item.manifest.digest { continue }
            // Layers with their annotations: cosign keeps each signature of one payload in the annotation of a layer of
            // its own. The config only lists the layers again.
            let theirs = Set(try await there.manifest(old).imageManifest().layers)
            let ours = Set(try await source.manifest(item.manifest).imageManifest().layers)
            if ours.isSuperset(of: theirs) {
                result.append(item)
            } else if !theirs.isSuperset(of: ours) {
                throw OCIError(
                    .tagExists,
                    "\(sink.reference):\(item.tag) and \(source.reference):\(item.tag) each hold evidence that the other lacks; "
                        + "copy without what is attached, and sign there again")
            }
        }
        return result
    }
}

extension CopyReport {
    fileprivate init(digest: Digest, tag: Tag?) {
        self.digest = digest
        self.tag = tag
    }

    fileprivate mutating func count(_ moves: [(Outcome, Int64)]) {
        for (outcome, moved) in moves {
            bytes += moved
            switch outcome {
            case .copied: copied += 1
            case .present: present += 1
            case .mounted: mounted += 1
            }
        }
    }
}
