internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import Documents
internal import OCI
internal import Signing
internal import Support

extension PolicyDocument {
    private static let keyKeys = ["file", "publicKey", "from", "until"]
    private static let ruleKeys = ["signatures", "attestations", "maximumAge"]

    /// Reads `policy.yaml`, strictly: whatever is unknown, empty or could never hold is an error that names line and key.
    ///
    /// - Parameter file: what the file is called in messages.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    init(yaml: [UInt8], file: String) throws(DocumentError) {
        let top = try MappingReader(
            YAMLParser.document(yaml, file: file, limits: PolicyLimits.document), file: file,
            keys: ["schemaVersion", "keys"] + Self.ruleKeys + ["revoked", "stages"])
        try top.refuseNulls()
        let schema = try top.requiredString("schemaVersion")
        guard schema == EvidencePolicy.currentSchema else {
            throw top.complaint(
                "schemaVersion", "is \(quoted(schema)); this version reads \(EvidencePolicy.currentSchema)")
        }
        name = file
        keys = try Self.keys(top)
        let names = keys.map(\.name)
        common = try Self.rules(top, keys: names, above: [])
        var stages: [String: EvidencePolicy.Rules] = [:]
        for (stage, reader) in try top.named("stages", keys: Self.ruleKeys) ?? [] {
            guard isDNSLabel(stage) else {
                throw top.complaint("stages", "has the name \(quoted(stage)), which no stage can have")
            }
            try reader.refuseNulls()
            let rules = try Self.rules(reader, keys: names, above: common.attestations)
            guard !rules.isEmpty else {
                throw reader.complaint("", "asks for nothing; remove it, or say what it asks for")
            }
            stages[stage] = rules
        }
        self.stages = stages
        let revoked = try top.mapping("revoked", keys: ["releases", "keys"])
        try revoked?.refuseNulls()
        revokedReleases = try Self.digests("releases", revoked)
        revokedKeys = try Self.digests("keys", revoked)
        guard !common.isEmpty || !stages.isEmpty || !revokedReleases.isEmpty else {
            throw top.complaint(
                "schemaVersion",
                "is all that counts here: the policy asks for nothing, which would let everything in; "
                    + "say whose signatures or attestations a release needs")
        }
    }

    private static func keys(_ top: MappingReader) throws(DocumentError) -> [KeyEntry] {
        guard let entries = try top.named("keys", keys: keyKeys) else { return [] }
        guard entries.count <= PolicyLimits.keys else {
            throw top.complaint("keys", "are \(entries.count); at most \(PolicyLimits.keys) are read")
        }
        var keys: [KeyEntry] = []
        for (name, reader) in entries {
            guard isDNSLabel(name) else {
                throw top.complaint(
                    "keys", "has the name \(quoted(name)); use 1 to 63 lowercase letters, digits and inner dashes")
            }
            try reader.refuseNulls()
            let from = try reader.time("from")
            let until = try reader.time("until")
            if let from, let until, from >= until {
                throw reader.complaint("until", "is not after from, so the key would never count")
            }
            keys.append(
                KeyEntry(name: name, source: try source(reader), from: from, until: until, line: reader.line))
        }
        return keys
    }

    private static func source(_ reader: MappingReader) throws(DocumentError) -> KeyEntry.Source {
        let file = try reader.parsed("file") { try RelativePath($0) }
        let text = try reader.string("publicKey")
        switch (file, text) {
        case (let file?, nil): return .file(file)
        case (nil, let text?):
            do {
                return .text(try VerificationKey(pem: Array(text.utf8), file: "the text"))
            } catch {
                throw reader.complaint("publicKey", "is wrong: \(error.message)")
            }
        case (nil, nil): throw reader.complaint("file", "is missing; name the public key's file, or write publicKey")
        case (_?, _?): throw reader.complaint("publicKey", "and file are both there; one key has one of them")
        }
    }

    private static func rules(
        _ reader: MappingReader, keys: [String], above: [EvidencePolicy.Attestation]
    ) throws(DocumentError) -> EvidencePolicy.Rules {
        var rules = EvidencePolicy.Rules()
        if let signatures = try reader.mapping("signatures", keys: ["keys", "threshold"]) {
            rules.signatures = try vouchers(signatures, keys: keys)
        }
        if let age = try reader.parsed("maximumAge", { try SoakTime($0) }) {
            guard age.seconds > 0 else { throw reader.complaint("maximumAge", "is nothing; no release is that young") }
            rules.maximumAge = age
        }
        let items = try reader.mappings("attestations", keys: Self.attestationKeys)
        if try reader.sequence("attestations")?.isEmpty == true {
            throw reader.complaint("attestations", "is an empty list; remove it, or say what must be attested")
        }
        for item in items {
            let attestation = try attestation(item, keys: keys)
            guard !rules.attestations.contains(where: { $0.id == attestation.id }) else {
                throw item.complaint(
                    "", "asks for \(attestation.id) again; ask once, with a threshold where several must attest it")
            }
            rules.attestations.append(attestation)
        }
        guard above.count + rules.attestations.count <= PolicyLimits.attestations else {
            throw reader.complaint(
                "attestations",
                "are \(above.count + rules.attestations.count) with those of all stages; at most "
                    + "\(PolicyLimits.attestations) are asked for")
        }
        return rules
    }

    /// The keys that count and how many: each known, none twice, and enough of them.
    static func vouchers(_ reader: MappingReader, keys known: [String]) throws(DocumentError) -> EvidencePolicy.Vouchers
    {
        try reader.refuseNulls()
        guard let names = try reader.strings("keys") else {
            throw reader.complaint("keys", "is missing; an empty list lets nobody in, so say who counts")
        }
        guard !names.isEmpty else {
            throw reader.complaint("keys", "is an empty list, which never means anyone; say who counts")
        }
        for (index, name) in names.enumerated() {
            guard known.contains(name) else {
                let list = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw reader.complaint("keys", "names \(quoted(name)); the keys of this policy are: \(list)")
            }
            guard !names[..<index].contains(name) else {
                throw reader.complaint("keys", "names \(name) twice; it counts once")
            }
        }
        guard let text = try reader.string("threshold") else { return .init(keys: names) }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let threshold = Int(text), (1...names.count).contains(threshold)
        else {
            throw reader.complaint(
                "threshold", "is \(quoted(text)); of \(names.count) keys, 1 to \(names.count) can be asked for")
        }
        return .init(keys: names, threshold: threshold)
    }

    private static func digests(_ key: String, _ reader: MappingReader?) throws(DocumentError) -> Set<Digest> {
        guard let reader, let digests = try reader.parsedList(key, { try Digest($0) }) else { return [] }
        guard !digests.isEmpty else {
            throw reader.complaint(key, "is an empty list; remove it, or say what is revoked")
        }
        guard digests.count <= PolicyLimits.revoked else {
            throw reader.complaint(key, "are \(digests.count); at most \(PolicyLimits.revoked) are read")
        }
        guard let other = digests.first(where: { $0.algorithm != .sha256 }) else { return Set(digests) }
        throw reader.complaint(key, "names \(other); capsules and keys are named by sha256 digests")
    }
}

extension MappingReader {
    /// A time as RFC 3339 in UTC.
    fileprivate func time(_ key: String) throws(DocumentError) -> Int64? {
        guard let text = try string(key) else { return nil }
        guard let seconds = CapsuleFormat.seconds(text) else {
            throw complaint(key, "is \(quoted(text)); write a time in UTC such as 2026-01-31T00:00:00Z")
        }
        return seconds
    }
}
