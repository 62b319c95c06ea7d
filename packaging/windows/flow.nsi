; The installer for Windows. `cargo xtask package windows` defines VERSION, its NUMBERS, OUTPUT and LISTS, the folder with the
; lists of files.
; Without a window: Flow-setup.exe /S, and the same for the uninstaller.

; A program of 64 bits, as Flow is: Windows with 32 bits refuses it.
Target amd64-unicode
SetCompressor /SOLID lzma
; A file that can't be written ends the installation.
AllowSkipFiles off
!include LogicLib.nsh
!include "${LISTS}/files.nsh"

Name "Flow ${VERSION}"
OutFile "${OUTPUT}"
RequestExecutionLevel admin
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "${NUMBERS}.0"
VIAddVersionKey "ProductName" "Flow"
VIAddVersionKey "FileDescription" "Installs Flow"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT License"

; Other programs are called Flow too.
!define FOLDER "Flow Audio"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Flow Audio"
!define PUBLISHER "The Flow authors"

Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

; Sets the paths of 64-bit programs. $0 is the folder of the VST3 presets of all users, which has no constant of its own.
!macro SetPaths
    SetRegView 64
    SetShellVarContext all
    StrCpy $INSTDIR "$PROGRAMFILES64\${FOLDER}"
    StrCpy $0 "$APPDATA\VST3 Presets"
!macroend

; Ends this program with a message, or with /S in silence, and with the exit code 2.
!macro Stop MESSAGE
    MessageBox MB_OK|MB_ICONSTOP "${MESSAGE}" /SD IDOK
    SetErrorLevel 2
    Abort "${MESSAGE}"
!macroend

; Stops if a host has a library of Flow loaded, if a program of Flow runs, or if another program has a file of Flow open. Windows
; lets nobody write to such files. A folder of this name is never in use.
!macro CheckUnused PATH
    ${If} ${FileExists} "${PATH}"
    ${AndIfNot} ${FileExists} "${PATH}\*.*"
        ClearErrors
        FileOpen $1 "${PATH}" a
        ${If} ${Errors}
            !insertmacro Stop "${PATH} is in use. Close all hosts with Flow, Flow itself and all that has this file open, and try again. Nothing was changed."
        ${EndIf}
        FileClose $1
    ${EndIf}
!macroend

; Adds a folder to $2, the list of the files in the way, if it has the name of a file.
!macro CheckFile PATH
    ${If} ${FileExists} "${PATH}\*.*"
        StrCpy $2 "$2$\n${PATH}"
    ${EndIf}
!macroend

; Adds a file to $2 if it exists. It may be a copy made by hand.
!macro CheckFree PATH
    ${If} ${FileExists} "${PATH}"
    ${AndIfNot} ${FileExists} "${PATH}\*.*"
        StrCpy $2 "$2$\n${PATH}"
    ${EndIf}
!macroend

; Adds a file to $2 that has the name of a folder.
!macro CheckFolder FOLDER
    ${If} ${FileExists} "${FOLDER}"
    ${AndIfNot} ${FileExists} "${FOLDER}\*.*"
        StrCpy $2 "$2$\n${FOLDER}"
    ${EndIf}
!macroend

; Removes an installed file. If it can't be removed, $8 is its path.
!macro RemoveFile PATH
    ClearErrors
    Delete "${PATH}"
    ${If} ${Errors}
        StrCpy $8 "${PATH}"
    ${EndIf}
!macroend

; Removes an installed preset, unless the user has changed it: then it differs from FILE, the preset of this version.
!macro RemovePreset FILE PATH
    File "/oname=$PLUGINSDIR\preset" "${FILE}"
    StrCpy $1 "${PATH}"
    Call un.RemovePreset
!macroend

; Removes the preset $1 if it has the bytes of $PLUGINSDIR\preset. If it can't be removed, $8 is its path. A folder of this name is
; the user's.
Function un.RemovePreset
    ${IfNot} ${FileExists} $1
    ${OrIf} ${FileExists} "$1\*.*"
        Return
    ${EndIf}
    ClearErrors
    FileOpen $3 $1 r
    FileOpen $4 "$PLUGINSDIR\preset" r
    ${If} ${Errors}
        ; A file that is left open could not be written for the next preset.
        FileClose $3
        FileClose $4
        StrCpy $8 $1
        Return
    ${EndIf}
    ; At the end of a file the byte is an empty text.
    FileReadByte $3 $5
    FileReadByte $4 $6
    ${DoWhile} $5 == $6
        ${If} $5 == ""
            ${ExitDo}
        ${EndIf}
        FileReadByte $3 $5
        FileReadByte $4 $6
    ${Loop}
    FileClose $3
    FileClose $4
    ${If} $5 == $6
        !insertmacro RemoveFile $1
    ${EndIf}
FunctionEnd

Section
    !insertmacro SetPaths
    !insertmacro CheckAllUnused
    StrCpy $2 ""
    !insertmacro CheckFolders
    !insertmacro CheckAllFiles
    ReadRegStr $1 HKLM "${UNINSTALL}" "Publisher"
    ${If} $1 != "${PUBLISHER}"
        !insertmacro CheckAllFree
        !insertmacro CheckFree "$INSTDIR\uninstall.exe"
    ${EndIf}
    ${If} $2 != ""
        ; NSIS cuts long messages at their end.
        !insertmacro Stop "Nothing was changed. This installer has not written these files, so remove or rename them first:$2"
    ${EndIf}
    ; Files of an earlier version that this one doesn't have.
    ${If} $1 == "${PUBLISHER}"
    ${AndIf} ${FileExists} "$INSTDIR\uninstall.exe"
        ClearErrors
        ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR' $1
        ${If} ${Errors}
        ${OrIf} $1 <> 0
            !insertmacro Stop "$INSTDIR\uninstall.exe can't remove the earlier version of Flow. Restart Windows and try again, or delete that file first."
        ${EndIf}
    ${EndIf}
    ; They come first, so that they can remove an installation that was interrupted.
    SetOutPath "$INSTDIR"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Flow"
    WriteRegStr HKLM "${UNINSTALL}" "Publisher" "${PUBLISHER}"
    WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\Flow.exe"
    WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
    !insertmacro InstallFiles
    ; Presets of the user with the same names stay.
    SetOverwrite off
    !insertmacro InstallPresets
    SetOverwrite on
    SetOutPath "$INSTDIR"
    CreateShortcut "$SMPROGRAMS\${FOLDER}.lnk" "$INSTDIR\Flow.exe"
    WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
SectionEnd

; Removes the files of the list, but no presets that the user has changed, and folders only if nothing else is in them. The entry in
; the registry goes last, so that the uninstaller can be started again if a file stays.
Section "Uninstall"
    !insertmacro SetPaths
    !insertmacro CheckAllUnused
    InitPluginsDir
    StrCpy $8 ""
    !insertmacro RemovePresets
    !insertmacro RemoveFiles
    !insertmacro RemoveFile "$SMPROGRAMS\${FOLDER}.lnk"
    ${If} $8 != ""
        !insertmacro Stop "$8 can't be removed. Close the programs that use it, and try again."
    ${EndIf}
    Delete "$INSTDIR\uninstall.exe"
    !insertmacro RemoveFolders
    DeleteRegKey HKLM "${UNINSTALL}"
SectionEnd
