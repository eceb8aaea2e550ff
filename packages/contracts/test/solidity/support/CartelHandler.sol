// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Acting} from "./Actor.sol";
import {CartelLedger} from "./CartelLedger.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title A cartel signs reports, withholds shares, shows itself in overlapping sets and is always first; the honest
/// show whom it left out.
contract CartelHandler is CartelLedger, Acting {
    enum Deed {
        Record,
        LeftOut, // an honest node that signed is not in the first record
        Overlap, // a showing that counts for nobody
        Merge, // a showing that takes whole blocks and more
        Lie, // refused: one is named that has not signed
        Alone, // an honest node shows itself
        Together, // the honest show all whom they miss
        Paid, // from the chain alone
        PaidAnew, // by a record of the cartel's making
        TooFew, // refused: too few are on chain
        Down,
        Exit,
        Late // refused: the time for showings is over
    }

    bool private isSetUp;
    uint256[13] public done;

    function setUp() public override {
        if (isSetUp) return;
        isSetUp = true;
        super.setUp();
    }

    /// @dev One step. The first seed of a life says how large the cartel is: 1 to 5 nodes of 20.
    function act(uint256 seed) external {
        vm.roll(block.number + 1);
        clock += seed % 7 == 0 ? seed % 1 hours : seed % 10 minutes;
        vm.warp(clock);
        uint256 action = (seed >> 16) % 16;
        seed = uint256(keccak256(abi.encode(seed)));
        if (cartel == 0) cartel = (1 << (2 + seed % 5)) - 2;
        if (action < 2 || !isRecorded) _nextEpoch(seed);
        else if (action < 5) _showAny(shares & seed);
        else if (action == 5) _showAny(_someBlocks(seed) | (shares & ~_present() & (seed >> 64)));
        else if (action == 6) _lie(seed);
        else if (action < 10) _showAlone(seed);
        else if (action == 10) _showTogether();
        else if (action == 11) _payFromChain();
        else if (action == 12) _payAnew(seed);
        else if (action == 13) _change(seed);
        else _showAny(shares & ((seed & (seed >> 64)) | cartel));
        clock = vm.getBlockTimestamp();
    }

    /// @dev Closes the running epoch and lands its first record: of all that signed, or of barely enough.
    function _nextEpoch(uint256 seed) private {
        uint64 epoch = _closeRunning();
        if (seed % 4 == 0) vm.warp(vm.getBlockTimestamp() + EPOCH / 2 - 1);
        EpochReport memory next = _reportOf(epoch);
        if (seed % 3 == 0) next.activate = _idsOf(EVERYBODY & ~rewards.activeBitmap(0));
        if (seed % 5 == 0) next.decommission = _idsOf(1 << (1 + (seed >> 8) % N));
        uint256 down = seed % 2 == 0 ? 0 : (seed >> 32) & (seed >> 64) & (seed >> 96);
        (report, shares) = (next, EVERYBODY & ~down | cartel);
        isRecorded = false;
        uint256 signers = (seed >> 24) % 4 == 0 ? shares : shares & ~((seed >> 128) & (seed >> 160)) | cartel;
        uint256 active = rewards.activeBitmap(0);
        if (_count(signers & active) * 10_000 < _count(active) * 6_667) signers = shares;
        bool isEnough = _count(signers & active) * 10_000 >= _count(active) * 6_667;
        bool success = _recordBy(signers, Signer.sign(_secretOf(signers), rewards.hashEpochReport(report)));
        assertTrue(success == isEnough, "recorded at two thirds");
        if (!success) return;
        ++done[uint256(Deed.Record)];
        if (shares & ~cartel & ~signers != 0) ++done[uint256(Deed.LeftOut)];
    }

    /// @dev Any set of those that signed, whatever of it is on chain already: at random, whole blocks and some of whom
    /// is missing, or the cartel with a few others.
    function _showAny(uint256 signers) private {
        if (_show(signers)) return;
        bool isTime = _isShowTime();
        assertTrue(!isTime || !_anyInSet(signers), "refused only for its time, or for nobody");
        if (!isTime) ++done[uint256(Deed.Late)];
    }

    /// @dev Lands a showing and tells what the ledger made of it.
    function _show(uint256 signers) private returns (bool success) {
        uint256 before = _present();
        success = _land(signers);
        if (!success) return false;
        uint256 afterwards = _present();
        if (signers & ~afterwards != 0) ++done[uint256(Deed.Overlap)];
        else if (signers & before != 0 && signers & ~before != 0) ++done[uint256(Deed.Merge)];
    }

    /// @dev Names somebody who has not signed, or leaves out somebody who has.
    function _lie(uint256 seed) private {
        uint256 signers = shares & seed | cartel;
        uint256 liar = 1 << (1 + (seed >> 64) % N);
        uint256 secret = _secretOf(signers);
        uint256 named = signers ^ liar;
        bytes memory data = abi.encodeCall(
            rewards.showSigners,
            (report.epoch, Signer.sign(secret, rewards.recordedDigest(report.epoch)), _idsOf(named))
        );
        (bool success,) = address(rewards).call(data);
        assertTrue(!success, "nobody is shown but by its signature");
        ++done[uint256(Deed.Lie)];
    }

    /// @dev An honest node shows itself; the cartel sees it coming, and lands a set with it first.
    function _showAlone(uint256 seed) private {
        uint64 id = uint64(1 + seed % N);
        if (!_mayShow(id)) return;
        if ((seed >> 8) % 2 == 0) _show(1 << id | (shares & (seed >> 16)));
        assertTrue(_show(1 << id), "accepted, whatever came before");
        assertTrue((_present() >> id) & 1 == 1, "and present");
        ++done[uint256(Deed.Alone)];
    }

    /// @dev The honest show all that they have shares of and that is not present yet, in one set.
    function _showTogether() private {
        uint256 missing = shares & ~_present();
        if (!_isShowTime() || !_anyInSet(missing)) return;
        assertTrue(_show(missing), "accepted, whatever came before");
        assertTrue(shares & ~_present() == 0, "and all present");
        ++done[uint256(Deed.Together)];
    }

    /// @dev Somebody without a single share makes the root payable, from the sums on chain.
    function _payFromChain() private {
        _checkTotal();
        bool isOpen = vm.getBlockTimestamp() < _end() + 2 * EPOCH && !rewards.isPayable(report.epoch);
        bool isEnough = _isEnoughOnChain();
        uint256 before = distributor.payableRootCount();
        bool success = _recordFromChain();
        assertTrue(success == (isOpen && isEnough), "in time, once, and by three quarters and 95%");
        assertEq(distributor.payableRootCount(), success ? before + 1 : before);
        if (success) ++done[uint256(Deed.Paid)];
        else if (isOpen) ++done[uint256(Deed.TooFew)];
    }

    /// @dev The cartel is first with a record of its own: of all shares, or of all but one.
    function _payAnew(uint256 seed) private {
        uint256 signers = seed % 2 == 0 ? shares : shares & ~(1 << (1 + (seed >> 8) % N));
        bool success = _recordBy(signers, Signer.sign(_secretOf(signers), rewards.hashEpochReport(report)));
        if (!success) return;
        assertTrue(signers & ~_present() == 0, "its signers are present");
        ++done[uint256(Deed.PaidAnew)];
    }

    /// @dev A node goes out of the set, or down, between the record and its showing.
    function _change(uint256 seed) private {
        uint64 id = uint64(1 + seed % N);
        NodeState state = rewards.node(id).state;
        if (state != NodeState.Active) return;
        bool exits = (seed >> 8) % 2 == 0 && done[uint256(Deed.Exit)] < 3;
        if (!exits && _count(rewards.activeBitmap(0)) < 15) return;
        rewards.setState(id, exits ? NodeState.Exited : NodeState.Decommissioned);
        ++done[uint256(exits ? Deed.Exit : Deed.Down)];
    }

    function _anyInSet(uint256 members) private view returns (bool) {
        for (uint64 id = 1; id <= N; ++id) {
            if ((members >> id) & 1 == 1 && rewards.node(id).state != NodeState.Exited) return true;
        }
        return false;
    }
}
