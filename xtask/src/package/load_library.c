/* Loads a library and keeps it until the input ends, as a host does. The test of the installer for Windows compiles this. */

#include <stdio.h>
#include <windows.h>

int main(int count, char **arguments)
{
    if (count != 2 || LoadLibraryA(arguments[1]) == NULL) {
        printf("error %lu\n", GetLastError());
        return 1;
    }
    printf("loaded\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
