/// The completion scripts of shells. A script passes the words to the program, which returns the candidates, and completes
/// files itself.
enum CompletionScript {
    /// The first word of a request for completions. It has three dashes, so that it is never the name of an option.
    static let request = "---complete"

    static func text(for shell: Shell, program: String) -> String {
        let script =
            switch shell {
            case .bash: bash
            case .zsh: zsh
            case .fish: fish
            }
        return script.split(separator: "PROGRAM", omittingEmptySubsequences: false).joined(separator: program)
    }

    /// Bash splits `--output=json` and `registry:5000` (`COMP_WORDBREAKS`) and completes the last part only. The script joins
    /// parts that have no space between them in the line.
    private static let bash = #"""
        # Completion of PROGRAM for bash: eval "$(PROGRAM completion bash)"
        _PROGRAM() {
            local rest=$COMP_LINE lead='' line extension piece value i
            local -a words=()
            for ((i = 0; i <= COMP_CWORD; i++)); do
                piece=${COMP_WORDS[i]}
                if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
                    rest=${rest#"${rest%%[![:space:]]*}"}
                    words+=("$piece") lead=''
                else
                    lead=${words[-1]}
                    words[-1]+=$piece
                fi
                rest=${rest#"$piece"}
            done
            # The piece that is completed is what follows the = or the colon.
            if [[ $piece == [=:] ]]; then lead+=$piece piece=''; fi
            value=${piece#[\"\']} value=${value//\\/}
            COMPREPLY=()
            while IFS= read -r line; do
                case $line in
                    :directory) compopt -o dirnames ;;
                    :file) compopt -o default ;;
                    ':file '*)
                        compopt -o filenames
                        mapfile -t COMPREPLY < <(
                            compgen -d -- "$value"
                            for extension in ${line#:file }; do compgen -f -X "!*.$extension" -- "$value"; done
                        ) ;;
                    ?*)
                        line=${line%%$'\t'*}
                        COMPREPLY+=("${line#"$lead"}") ;;
                esac
            done < <("${words[0]/#~/$HOME}" ---complete "${words[@]:1}" 2>/dev/null)
        }
        complete -F _PROGRAM PROGRAM
        """#

    private static let zsh = #"""
        #compdef PROGRAM
        # Completion of PROGRAM for zsh: a file _PROGRAM in a directory of $fpath, or eval "$(PROGRAM completion zsh)"
        _PROGRAM() {
            local line
            local -a candidates extensions
            while IFS= read -r line; do
                case $line in
                    :directory) compset -P '--*='; _files -/; return ;;
                    :file) compset -P '--*='; _files; return ;;
                    ':file '*)
                        extensions=(${=line#:file })
                        compset -P '--*='
                        _files -g "*.(${(j:|:)extensions})"
                        return ;;
                    *$'\t'*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
                    ?*) candidates+=("${line//:/\\:}") ;;
                esac
            done < <("${(Q)words[1]/#\~/$HOME}" ---complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
            (( $#candidates )) && _describe PROGRAM candidates
        }
        if [[ $funcstack[1] == _PROGRAM ]]; then _PROGRAM "$@"; else compdef _PROGRAM PROGRAM; fi
        """#

    private static let fish = #"""
        # Completion of PROGRAM for fish: PROGRAM completion fish > ~/.config/fish/completions/PROGRAM.fish
        function __PROGRAM_complete
            set -l current (commandline -ct)
            set -l words (commandline -opc)
            set -l lead (string match -r -- '^--[^=]*=' $current)
            set -l value (string replace -r -- '^--[^=]*=' '' $current)
            set -l program (string replace -r '^~' $HOME -- $words[1])
            for line in ($program ---complete $words[2..] "$current" 2>/dev/null)
                switch $line
                    case ':directory' ':file' ':file *'
                        set -l extensions (string split ' ' -- $line)[2..]
                        for path in (complete -C "'' $value" | string replace -r '\t.*' '')
                            if string match -q -- '*/' $path
                                or test "$line" = ':file'
                                or contains -- (string match -r -- '[^.]*$' $path) $extensions
                                # Quoted, because a word that is glued to nothing at all is nothing, too.
                                echo "$lead$path"
                            end
                        end
                    case '*'
                        echo $line
                end
            end
        end
        complete -c PROGRAM -f -a '(__PROGRAM_complete)'
        """#
}

/// A shell with completions.
package enum Shell: String, CaseIterable, ExpressibleByArgument {
    /// GNU Bash, from 4.4.
    case bash
    /// The Z shell.
    case zsh
    /// Fish, from 3.1.
    case fish
}

extension ParsableCommand {
    /// The script that installs completions of this program.
    package static func completionScript(for shell: Shell) -> String {
        CompletionScript.text(for: shell, program: configuration.commandName)
    }
}
