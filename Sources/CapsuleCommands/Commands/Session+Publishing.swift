internal import CapsuleCore
internal import CapsuleReports
internal import CapsuleTrust
internal import OCI
internal import ReleaseWorkflows

extension Session {
    /// Builds and publishes a release, and prints its reference.
    func publish(_ request: ReleasePublishing.Request) async throws -> ExitStatus {
        let copying = CopyProgress(console, verb: "publishing")
        let report = try await ReleasePublishing(git: git, opener: opener).run(request) { event in
            switch event {
            case .built(let built):
                for warning in built.warnings { console.note("\(warning)") }
                if let values = built.foundValues { console.note(values) }
                if request.trial != nil { console.stage("rendering for trial") }
            case .rendered(let trial): console.note(trial.text)
            case .publishing(let built):
                console.stage("publishing \(built.digest.short) to \(request.destination.store)")
            case .copying(let event): copying.report(event)
            case .signing(let digest): console.stage("signing \(digest.short)")
            case .witnessing: console.stage("writing the witness")
            }
        }
        if !report.published { console.note("\(report.tag) was published before, with the same content") }
        for warning in [report.signature?.warning] + (report.attestations ?? []).map(\.warning) {
            if let warning { console.note(warning) }
        }
        if let witness = report.witness { console.note(witness.text()) }
        console.result(report, text: report.reference)
        return .ok
    }
}
