internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import Documents
internal import OCI
internal import Signing
internal import Support

extension PolicyDocument {
    private static let keyKeys = ["file", "publicKey", "from", "until"]
    private static let ruleKeys = ["signatures", "attestations", "maximumAge", "forms"]

    /// Reads `policy.yaml` strictly: an unknown key, an empty value or a requirement that cannot be met is an error
    /// that names line and key.
    ///
    /// - Parameter file: the name of the file in messages.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    init(yaml: [UInt8], file: String) throws(DocumentError) {
        let top = try StrictObject(
            yaml: yaml, file: file, limits: PolicyLimits.document,
            keys: ["schemaVersion", "keys", "bind"] + Self.ruleKeys + ["revoked", "stages"])
        let schema = try top.requiredText("schemaVersion")
        guard schema == EvidencePolicy.currentSchema else {
            throw top.invalid(
                key: "schemaVersion", "is \(quoted(schema)); this version reads \(EvidencePolicy.currentSchema)")
        }
        name = file
        keys = try Self.keys(top)
        binding = try Self.binding(top)
        let names = keys.map(\.name)
        common = try Self.rules(top, keys: names, above: [])
        var stages: [String: EvidencePolicy.Rules] = [:]
        for (stage, object) in try top.namedObjects("stages", keys: Self.ruleKeys) ?? [] {
            guard isDNSLabel(stage) else {
                throw top.invalid(
                    key: "stages",
                    "has the name \(quoted(stage)); use 1 to 63 lowercase letters, digits and inner dashes")
            }
            let rules = try Self.rules(object, keys: names, above: common.attestations)
            guard !rules.isEmpty else {
                throw object.invalid(
                    "requires nothing; add signatures, attestations, maximumAge or forms, or remove the stage")
            }
            stages[stage] = rules
        }
        self.stages = stages
        let revoked = try top.object("revoked", keys: ["releases", "keys"])
        revokedReleases = try Self.digests("releases", revoked)
        revokedKeys = try Self.digests("keys", revoked)
        guard !common.isEmpty || !stages.isEmpty || !revokedReleases.isEmpty else {
            throw top.invalid(
                "the policy requires nothing and would accept every release; add signatures, attestations, maximumAge or forms"
            )
        }
    }

    private static func binding(_ top: StrictObject) throws(DocumentError) -> EvidenceBinding {
        guard let text = try top.text("bind") else { return .digest }
        guard let binding = EvidenceBinding(rawValue: text) else {
            throw top.invalid(
                key: "bind",
                "is \(quoted(text)); it must be digest (a statement may leave out the repository) or name (it may not)")
        }
        return binding
    }

    private static func keys(_ top: StrictObject) throws(DocumentError) -> [KeyEntry] {
        guard let entries = try top.namedObjects("keys", keys: keyKeys) else { return [] }
        guard entries.count <= PolicyLimits.keys else {
            throw top.invalid(key: "keys", "has \(entries.count) entries; the limit is \(PolicyLimits.keys)")
        }
        var keys: [KeyEntry] = []
        for (name, object) in entries {
            guard isDNSLabel(name) else {
                throw top.invalid(
                    key: "keys",
                    "has the name \(quoted(name)); use 1 to 63 lowercase letters, digits and inner dashes")
            }
            let from = try object.time("from")
            let until = try object.time("until")
            if let from, let until, from >= until {
                throw object.invalid(key: "until", "must be later than from")
            }
            keys.append(
                KeyEntry(name: name, source: try source(object), from: from, until: until, line: object.line))
        }
        return keys
    }

    private static func source(_ object: StrictObject) throws(DocumentError) -> KeyEntry.Source {
        let file = try object.parsed("file") { try RelativePath($0) }
        let key = try object.parsed("publicKey") { try VerificationKey(pem: Array($0.utf8), file: "the text") }
        switch (file, key) {
        case (let file?, nil): return .file(file)
        case (nil, let key?): return .text(key)
        case (nil, nil):
            throw object.invalid(key: "file", "is missing; name the file of the public key, or write publicKey")
        case (_?, _?): throw object.invalid(key: "publicKey", "and file are both set; set one of them")
        }
    }

    private static func rules(
        _ object: StrictObject, keys: [String], above: [EvidencePolicy.Attestation]
    ) throws(DocumentError) -> EvidencePolicy.Rules {
        var rules = EvidencePolicy.Rules()
        if let signatures = try object.object("signatures", keys: ["keys", "threshold"]) {
            rules.signatures = try keyThreshold(signatures, keys: keys)
        }
        rules.maximumAge = try object.duration("maximumAge")
        guard rules.maximumAge?.seconds != 0 else { throw object.invalid(key: "maximumAge", "must be longer than 0s") }
        rules.forms = try forms(object)
        let items = try object.objects("attestations", keys: Self.attestationKeys)
        guard items?.isEmpty != true else {
            throw object.invalid(key: "attestations", "is an empty list; list attestations, or remove the key")
        }
        for item in items ?? [] {
            let attestation = try attestation(item, keys: keys)
            guard !rules.attestations.contains(where: { $0.id == attestation.id }) else {
                throw item.invalid(
                    "requires \(attestation.id) again; require it once, with a threshold if several keys must attest it"
                )
            }
            rules.attestations.append(attestation)
        }
        let count = above.count + rules.attestations.count
        guard count <= PolicyLimits.attestations else {
            throw object.invalid(
                key: "attestations",
                "has \(count) entries, including those for every stage; the limit is \(PolicyLimits.attestations)")
        }
        return rules
    }

    /// The forms of a release that are accepted; nil for both.
    private static func forms(_ object: StrictObject) throws(DocumentError) -> Set<ReleaseForm>? {
        let forms = try object.parsedList("forms") { text in
            guard let form = ReleaseForm(rawValue: text) else {
                throw DocumentError(.invalidDocument, "\(quoted(text)) is not a form; write capsule or pair")
            }
            return form
        }
        guard let forms else { return nil }
        guard !forms.isEmpty, Set(forms).count == forms.count else {
            throw object.invalid(key: "forms", "must list capsule, pair or both, each once")
        }
        return Set(forms)
    }

    /// The accepted keys and the required number of them. Each key must be defined and be listed only once.
    static func keyThreshold(
        _ object: StrictObject, keys known: [String]
    ) throws(DocumentError) -> EvidencePolicy.KeyThreshold {
        guard let names = try object.texts("keys") else {
            throw object.invalid(key: "keys", "is missing; list the keys that are accepted")
        }
        guard !names.isEmpty else {
            throw object.invalid(key: "keys", "is an empty list; list the keys that are accepted")
        }
        for (index, name) in names.enumerated() {
            guard known.contains(name) else {
                let list = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw object.invalid(key: "keys", "names \(quoted(name)); the keys of this policy are: \(list)")
            }
            guard !names[..<index].contains(name) else {
                throw object.invalid(key: "keys", "names \(name) twice; each key is counted once")
            }
        }
        return .init(keys: names, threshold: try object.integer("threshold", in: 1...names.count) ?? 1)
    }

    private static func digests(_ key: String, _ object: StrictObject?) throws(DocumentError) -> Set<Digest> {
        // The bytes that a digest names do not depend on the case in which it is written.
        let thing = key == "keys" ? "a key" : "a capsule"
        guard let object, let digests = try object.parsedList(key, { try Digest($0.lowercased(), naming: thing) })
        else {
            return []
        }
        guard !digests.isEmpty else {
            throw object.invalid(key: key, "is an empty list; list digests, or remove the key")
        }
        guard digests.count <= PolicyLimits.revoked else {
            throw object.invalid(key: key, "has \(digests.count) entries; the limit is \(PolicyLimits.revoked)")
        }
        return Set(digests)
    }
}

extension StrictObject {
    /// A time as RFC 3339 in UTC, in seconds since 1970; nil when the key is missing.
    fileprivate func time(_ key: String) throws(DocumentError) -> Int64? {
        try parsed(key) { text in
            guard let seconds = CapsuleFormat.seconds(text) else {
                throw DocumentError(
                    .invalidDocument, "\(quoted(text)) is not a time in UTC such as 2026-01-31T00:00:00Z")
            }
            return seconds
        }
    }
}
