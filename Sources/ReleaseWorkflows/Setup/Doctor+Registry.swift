internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
package import OCI
internal import Support

extension Doctor {
    /// Checks one repository, layout or archive alone.
    ///
    /// - Parameter writes: true to try what a registry can hold with a small image, which is removed afterwards.
    package func examine(_ store: StoreReference, writes: Bool = false) async throws -> Report {
        var checks = try await registry(store, id: "registry", isWritten: true)
        if writes, checks.first?.status == .ok {
            let tried = try await trial(store, id: "registry")
            // Now the repository exists.
            checks = try await registry(store, id: "registry", isWritten: true)
            checks = checks.filter { check in !tried.contains { $0.id == check.id } } + tried
        }
        return Report(ok: checks.allSatisfy { $0.status != .fail }, checks: checks)
    }

    /// Checks that a store can be read, and for a registry what login is used and what it can hold.
    ///
    /// - Parameter isWritten: true for a store that releases are published to.
    func registry(_ store: StoreReference, id: String, isWritten: Bool) async throws -> [Check] {
        let reading = try await reading(store, id: id)
        guard let registry = try? await opener.source(store) as? any RegistryDescribing else { return [reading] }
        let login: Check
        do {
            let found = try await registry.login()
            login = Check(id: "\(id).login", status: .ok, detail: found ?? "none was found; it is read anonymously")
        } catch let error as OCIError {
            login = Check(id: "\(id).login", status: .fail, detail: error.message)
        }
        guard isWritten, reading.status == .ok else { return [reading, login] }
        do {
            return [reading, login] + Self.checks(try await registry.traits(), of: store, id: id)
        } catch let error as OCIError {
            return [reading, login, Check(id: "\(id).referrers", status: .warn, detail: error.message)]
        }
    }

    private func trial(_ store: StoreReference, id: String) async throws -> [Check] {
        guard case .registry(let repository) = store,
            let registry = try await opener.store(store) as? any ContentStore & RegistryDescribing
        else { return [] }
        let outcome: RegistryTrial.Outcome
        do {
            outcome = try await RegistryTrial(repository: repository, store: registry).run()
        } catch let error as OCIError {
            return [Check(id: "\(id).write", status: .fail, detail: error.message)]
        }
        return [Self.evidence(outcome, id: id), Self.tags(outcome, id: id)]
            + (outcome.left.isEmpty
                ? []
                : [
                    Check(
                        id: "\(id).left", status: .warn,
                        detail:
                            "the registry does not let these tags be removed: \(outcome.left.joined(separator: ", "))",
                        remedy: "remove them from \(repository) with the registry's own tools")
                ])
    }

    private static func evidence(_ outcome: RegistryTrial.Outcome, id: String) -> Check {
        let id = "\(id).evidence"
        guard let first = outcome.first else {
            return Check(
                id: id, status: .fail, detail: "it holds no signature: \(outcome.refusal ?? "it refuses both forms")")
        }
        if let refusal = outcome.refusal {
            return Check(
                id: id, status: .warn, detail: "it holds one signature of a release, and no second: \(refusal)")
        }
        if let refusal = first.refusal {
            let form = first.bundle == .refused ? "cosign's .sig manifest" : "a Sigstore bundle"
            return Check(
                id: id, status: .ok, detail: "it holds signatures as \(form) only, which is sufficient: \(refusal)")
        }
        return Check(
            id: id, status: .ok, detail: "it holds signatures as cosign's .sig manifest and as Sigstore bundles")
    }

    private static func tags(_ outcome: RegistryTrial.Outcome, id: String) -> Check {
        Check(
            id: "\(id).tags", status: .ok,
            detail: outcome.tagsCanBeChanged
                ? "a tag could be changed; a rule that protects other names, such as git-*, is not seen by that"
                : "a tag could not be changed")
    }

    private static func checks(_ traits: RegistryTraits, of store: StoreReference, id: String) -> [Check] {
        let referrers =
            switch traits.referrers {
            case .api: "it has the referrers API"
            case .fallbackTag: "it has no referrers API; evidence is listed under the tag sha256-<hex>"
            case .unknown: "not known: the repository does not exist yet"
            }
        let forms = traits.evidence.map { $0.escapedForDisplay(limit: 100) }.joined(separator: ", ")
        let trial = "not known without writing; `capsule doctor \(store) --write` tries it"
        return [
            Check(id: "\(id).referrers", status: .ok, detail: referrers),
            Check(
                id: "\(id).evidence", status: .ok,
                detail: forms.isEmpty
                    ? "which forms it holds is \(trial)" : "it holds \(forms); whether it holds others is \(trial)"),
            Check(id: "\(id).tags", status: .ok, detail: "whether a tag can be changed is \(trial)"),
        ]
    }

    /// Checks access by resolving a tag that no release has. A registry that answers "not found" is reachable and
    /// accepts the login.
    private func reading(_ store: StoreReference, id: String) async throws -> Check {
        do {
            let tag = try Tag("git-\(String(repeating: "0", count: 40))")
            _ = try await opener.source(store).resolve(tag)
            return Check(id: id, status: .ok, detail: "\(store) can be read")
        } catch let error as OCIError {
            if error.code == .notFound, case .layout = store {
                return Check(id: id, status: .warn, detail: error.message, remedy: "the first publish creates it")
            }
            // The message of any other error already contains the remedy.
            var remedy: String?
            if error.code == .unauthorized, case .registry(let repository) = store {
                remedy = "capsule login \(repository.registry)"
            }
            return Check(id: id, status: .fail, detail: error.message, remedy: remedy)
        }
    }
}
