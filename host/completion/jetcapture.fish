# Completion of jetcapture for fish. The program itself knows its flags, plug-ins and their options: it is asked.

function __jetcapture_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                set -l lead (string match -r '^.*=' -- $current)
                for path in (__fish_complete_path (string replace -r '^.*=' '' -- $current))
                    echo $lead$path
                end
            case :folders
                set -l lead (string match -r '^.*=' -- $current)
                for path in (__fish_complete_directories (string replace -r '^.*=' '' -- $current) '')
                    echo $lead$path
                end
            case '*'
                echo $line
        end
    end
end
complete -c jetcapture -f -a '(__jetcapture_complete)'
