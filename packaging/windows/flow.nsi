; The installer for Windows. `cargo xtask package windows` defines VERSION, its NUMBERS, OUTPUT and LISTS, the folder with the
; lists of files.
; Without a window: Flow-setup.exe /S, and the same for the uninstaller.

; A program of 64 bits, as Flow is: Windows with 32 bits refuses it.
Target amd64-unicode
SetCompressor /SOLID lzma
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

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Flow"

Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

; Sets the paths of 64-bit programs. $0 is the folder of the VST3 presets of all users, which has no constant of its own.
!macro SetPaths
    SetRegView 64
    SetShellVarContext all
    StrCpy $INSTDIR "$PROGRAMFILES64\Flow"
    StrCpy $0 "$APPDATA\VST3 Presets"
!macroend

Section
    !insertmacro SetPaths
    ; Files of an earlier version that this one doesn't have.
    IfFileExists "$INSTDIR\uninstall.exe" 0 +2
    ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR'
    !insertmacro InstallFiles
    SetOutPath "$INSTDIR"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    CreateShortcut "$SMPROGRAMS\Flow.lnk" "$INSTDIR\Flow.exe"
    WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Flow"
    WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKLM "${UNINSTALL}" "Publisher" "The Flow authors"
    WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\Flow.exe"
    WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
    WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
SectionEnd

; Removes the files of the list, and folders only if nothing else is in them.
Section "Uninstall"
    !insertmacro SetPaths
    Delete "$SMPROGRAMS\Flow.lnk"
    Delete "$INSTDIR\uninstall.exe"
    !insertmacro RemoveFiles
    DeleteRegKey HKLM "${UNINSTALL}"
SectionEnd
