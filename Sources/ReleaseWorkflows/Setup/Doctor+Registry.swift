internal import CapsuleCore
internal import DeliveryConfiguration
package import OCI
internal import Support

extension Doctor {
    /// Checks one repository, layout or archive alone.
    package func examine(_ store: StoreReference) async throws -> Report {
        let checks = try await registry(store, id: "registry", isWritten: true)
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
            return [reading, login] + Self.checks(try await registry.traits(), id: id)
        } catch let error as OCIError {
            return [reading, login, Check(id: "\(id).referrers", status: .warn, detail: error.message)]
        }
    }

    private static func checks(_ traits: RegistryTraits, id: String) -> [Check] {
        let referrers =
            switch traits.referrers {
            case .api: "it has the referrers API"
            case .fallbackTag: "it has no referrers API; evidence is listed under the tag sha256-<hex>"
            case .unknown: "not known: the repository does not exist yet"
            }
        let forms = traits.evidence.map { $0.escapedForDisplay(limit: 100) }.joined(separator: ", ")
        return [
            Check(id: "\(id).referrers", status: .ok, detail: referrers),
            Check(
                id: "\(id).evidence", status: .ok,
                detail: forms.isEmpty
                    ? "not known without writing: nothing is attached to the release that was looked at"
                    : "stored there before: \(forms); other forms are not known without writing"),
            Check(
                id: "\(id).tags", status: .ok,
                detail:
                    "whether a tag can be changed is not known without writing; docs/registries.md says it by registry"),
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
