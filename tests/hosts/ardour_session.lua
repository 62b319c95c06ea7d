-- Creates an Ardour session with one stereo track and the plug-in PLUGIN on the master bus:
--
--     ardour7-lua ardour_session.lua FOLDER NAME RATE PLUGIN [LABEL=VALUE...]
--
-- Sets the parameters that are named, as plain values, and saves the session at once. Prints a line for each
-- parameter: its label, its kind (toggle, list, integer or number) and its range.

local folder, name, rate, plugin_name = arg[1], arg[2], tonumber (arg[3]), arg[4]

local session = assert (create_session (folder, name, rate), "the session cannot be created")
session:new_audio_track (2, 2, nil, 1, "Song", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)

local processor = ARDOUR.LuaAPI.new_plugin (session, plugin_name, ARDOUR.PluginType.VST3, "")
assert (not processor:isnil (), "Ardour knows no VST3 plug-in of this name")
assert (session:master_out ():add_processor_by_index (processor, -1, nil, true) == 0, "the master bus refuses the plug-in")

local indices = {}
local plugin = processor:to_insert ():plugin (0)
for index = 0, plugin:parameter_count () - 1 do
	local _, results = plugin:get_parameter_descriptor (index, ARDOUR.ParameterDescriptor ())
	local descriptor = results[2]
	local kind = descriptor.toggled and "toggle"
		or descriptor.enumeration and "list"
		or descriptor.integer_step and "integer"
		or "number"
	indices[descriptor.label] = index
	print (string.format ("PARAMETER\t%s\t%s\t%g\t%g", descriptor.label, kind, descriptor.lower, descriptor.upper))
end

for number = 5, #arg do
	local label, value = arg[number]:match ("^(.-)=(.*)$")
	assert (indices[label], "the plug-in has no parameter of this name")
	assert (ARDOUR.LuaAPI.set_processor_param (processor, indices[label], tonumber (value)), "the parameter cannot be set")
end

session:save_state ("")
session:close ()
quit ()
